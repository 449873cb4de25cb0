import type { Database } from '../infra/database/client';
import { sampleProducts, sampleWarehouses } from './sample-catalogue';

/**
 * Fills an empty catalogue with the sample products and puts their stock on the shelves, in one transaction; leaves one
 * that has a product as it is. Safe to run several times at once.
 *
 * @returns how many products were added
 */
export async function seed(database: Database): Promise<number> {
  const levels = sampleProducts.flatMap(({ sku, onHand }) =>
    Object.entries(onHand).map(([warehouse, units]) => ({ sku, warehouse, onHand: units })),
  );
  return database.$transaction(async (transaction) => {
    await transaction.$executeRaw`LOCK TABLE "catalogue"."product" IN SHARE ROW EXCLUSIVE MODE`;
    if ((await transaction.product.count()) > 0) return 0;
    await transaction.warehouse.createMany({ data: sampleWarehouses, skipDuplicates: true });
    const { count } = await transaction.product.createMany({
      data: sampleProducts.map(({ onHand: _, ...product }) => ({ ...product, currency: 'EUR' })),
    });
    await transaction.stockLevel.createMany({ data: levels });
    // Each shelf's movements add up to what is on it, from the first unit on.
    await transaction.stockMovement.createMany({
      data: levels.map(({ sku, warehouse, onHand }) => ({
        sku,
        warehouse,
        kind: 'adjustment',
        change: onHand,
        actorId: 'seed',
      })),
    });
    return count;
  });
}
