import type { PrismaTransaction } from '../../infra/database/client';

/** Units of one order that are free again. */
interface Freed {
  orderId: string;
  step: string;
  warehouse: string;
  units: number;
}

/**
 * Frees the units of a sku on the shelves of some warehouses, which are locked, that are reserved for nobody: their
 * release was written off. Writes that into their orders' timelines, with who counted.
 *
 * @returns units by warehouse
 */
export async function freeWrittenOff(
  transaction: PrismaTransaction,
  { sku, warehouses, actorId }: { sku: string; warehouses: readonly string[]; actorId: string },
): Promise<ReadonlyMap<string, number>> {
  const freed = await transaction.$queryRaw<Freed[]>`
    WITH written_off AS (
      SELECT r.order_id, r.leg, r.warehouse, r.held, s.step
      FROM inventory.reservation r JOIN orders.saga_step s ON s.order_id = r.order_id AND s.state = 'skipped'
        AND s.kind = 'reserve-stock' AND s.leg = r.leg
      WHERE r.sku = ${sku} AND r.warehouse = ANY(${[...warehouses]}) AND r.held > 0
    ), reservation AS (
      UPDATE inventory.reservation r SET held = 0 FROM written_off w
      WHERE r.order_id = w.order_id AND r.leg = w.leg AND r.sku = ${sku} AND r.warehouse = w.warehouse
    ), level AS (
      UPDATE inventory.stock_level l SET reserved = l.reserved - w.units
      FROM (SELECT warehouse, sum(held)::int AS units FROM written_off GROUP BY 1) w
      WHERE l.sku = ${sku} AND l.warehouse = w.warehouse
    )
    SELECT order_id AS "orderId", step, warehouse, held AS units FROM written_off ORDER BY order_id, step, warehouse`;
  await transaction.timelineEntry.createMany({
    data: freed.map(({ orderId, step, warehouse, units }) => ({
      orderId,
      step,
      actorType: 'admin',
      actorId,
      note: `${units} × ${sku} in ${warehouse} free again, by a count of the shelf`,
    })),
  });
  const byWarehouse = new Map<string, number>();
  for (const { warehouse, units } of freed) byWarehouse.set(warehouse, (byWarehouse.get(warehouse) ?? 0) + units);
  return byWarehouse;
}
