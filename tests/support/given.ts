import { typeid } from 'typeid-js';
import { policy, type Policy } from '../../contracts/policy';
import type { FulfilOrderInput } from '../../contracts/workflow/order';
import { price } from '../../domain/pricing';
import type { Database } from '../../infra/database/client';
import { euroRates } from './rates';

/** Timings for tests: the default policy with everything that waits made short. */
export const quickPolicy = (over: Partial<Policy> = {}): Policy =>
  policy.parse({
    retryInitialIntervalMs: 20,
    retryMaxIntervalMs: 100,
    patienceMs: 2000,
    partyTimeoutMs: 1000,
    stepTimeoutMs: 3000,
    carrierRetries: 0,
    ...over,
  });

const UNIT_PRICE = 1290;

/** Puts products on the shelves: units on hand by sku and warehouse, booked as the seed books them. */
export async function givenStock(database: Database, stock: Record<string, Record<string, number>>): Promise<void> {
  const levels = Object.entries(stock).flatMap(([sku, byWarehouse]) =>
    Object.entries(byWarehouse).map(([warehouse, onHand]) => ({ sku, warehouse, onHand })),
  );
  const warehouses = [...new Set(levels.map(({ warehouse }) => warehouse))];
  await database.$transaction([
    database.warehouse.createMany({ data: warehouses.map((code) => ({ code, name: code })), skipDuplicates: true }),
    database.product.createMany({
      data: Object.keys(stock).map((sku) => ({
        sku,
        name: sku,
        category: 'test',
        unitPrice: UNIT_PRICE,
        currency: 'EUR',
        weightGrams: 100,
      })),
    }),
    database.stockLevel.createMany({ data: levels }),
    database.stockMovement.createMany({
      data: levels.map(({ sku, warehouse, onHand }) => ({ sku, warehouse, kind: 'adjustment', change: onHand })),
    }),
  ]);
}

export interface GivenOrder {
  lines?: { sku: string; quantity: number }[];
  clientReference?: string;
  token?: string;
  /** Where it goes to, which screening looks at. */
  street?: string;
  fulfilment?: 'all_or_nothing' | 'ship_available';
  backorderUntil?: Date;
  policy?: Policy;
}

/** Stores an accepted order as the API does, and returns the input of its workflow. */
export async function givenOrder(
  database: Database,
  { lines = [{ sku: 'MUG-001', quantity: 2 }], clientReference = 'test', token = 'tok_visa', ...rest }: GivenOrder = {},
): Promise<FulfilOrderInput> {
  const orderId = typeid('ord').toString();
  const unitPrice = { amount: UNIT_PRICE, currency: 'EUR' };
  const { items, shipping, tax, grand } = price(
    lines.map(({ quantity }) => ({ quantity, droppedQuantity: 0, unitPrice })),
    'EUR',
    euroRates(),
  );
  await database.order.create({
    data: {
      id: orderId,
      clientReference,
      customerId: 'cus_1',
      currency: 'EUR',
      country: 'DE',
      fulfilment: rest.fulfilment ?? 'all_or_nothing',
      backorderUntil: rest.backorderUntil ?? null,
      items: items.amount,
      shipping: shipping.amount,
      tax: tax.amount,
      grand: grand.amount,
      ...euroRates(),
      lines: { create: lines.map((line, position) => ({ ...line, position, name: line.sku, unitPrice: UNIT_PRICE })) },
      recipient: { create: { ...recipient, ...(rest.street !== undefined && { line1: rest.street }) } },
      payment: { create: { provider: 'sandbox', token, currency: 'EUR' } },
      timeline: { create: { status: 'created', actorType: 'customer', actorId: 'cus_1' } },
    },
  });
  return {
    orderId,
    country: 'DE',
    grand,
    lines,
    ...(rest.fulfilment === 'ship_available' && { shipAvailable: true }),
    ...(rest.backorderUntil && { backorder: true }),
    policy: rest.policy ?? quickPolicy(),
  };
}

const recipient = {
  name: 'Ada Lovelace',
  line1: 'Torstr. 1',
  postalCode: '10119',
  city: 'Berlin',
  country: 'DE',
  email: 'ada@example.com',
};
