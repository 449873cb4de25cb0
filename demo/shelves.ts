import type { DemoClient } from './client';

/** The products that the demo brings along: of the set lies one unit in each of two warehouses, of the lamp none. */
export const DEMO_SET = 'DEMO-SET';
export const DEMO_LAMP = 'DEMO-LAMP';

const WAREHOUSES = ['BER', 'HAM'] as const;

const products = [
  { sku: DEMO_SET, name: 'Tea set of the demo', available: 1, amount: 4990 },
  { sku: DEMO_LAMP, name: 'Lamp of the demo', available: 0, amount: 7990 },
];

/** Sells the demo's products, with as many available as its orders are to find. */
export const stockUp = (client: DemoClient): Promise<void> => setAll(client, true);

/** Sells them no more, and leaves nothing of them on the shelves but what an order still holds. */
export const clearShelves = (client: DemoClient): Promise<void> => setAll(client, false);

async function setAll(client: DemoClient, active: boolean): Promise<void> {
  for (const { sku, name, available, amount } of products) {
    const unitPrice = { amount, currency: 'EUR' };
    const product = { name, category: 'tableware', unitPrice, weightGrams: 900, active };
    await client.call('admin', 'PUT', `/v1/products/${sku}`, product);
    const path = `/v1/inventory/${sku}`;
    const stock = await client.call<{ levels: { warehouse: string; reserved: number }[] }>('admin', 'GET', path);
    const levels = WAREHOUSES.map((warehouse) => {
      const reserved = stock.levels.find((level) => level.warehouse === warehouse)?.reserved ?? 0;
      return { warehouse, onHand: reserved + (active ? available : 0) };
    });
    await client.call('admin', 'PUT', path, { levels });
  }
}
