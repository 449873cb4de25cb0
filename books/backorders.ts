import { satisfiable, type WaitingOrder } from '../domain/backorders';
import type { Database, Queryable } from '../infra/database/client';

/** The most waiting orders that are looked at at once; what is left waits for the next look. */
const MOST_AT_ONCE = 500;

/** The back-ordered orders that have a chance, and what there is of their skus. */
export interface Waiting {
  /** Oldest first: an order's id tells its age. */
  orders: WaitingOrder[];
  /** Units by sku, over all warehouses. */
  available: Map<string, number>;
}

/**
 * Reads the orders that wait for stock, whose deadline has not passed, and for which there is enough of each sku if they
 * are looked at alone.
 *
 * @param before - only orders older than the one with this id
 */
export async function readWaiting(database: Queryable, before: string | null = null): Promise<Waiting> {
  const rows = await database.query<{ orderId: string; sku: string; quantity: number; available: number }>`
    WITH free AS (
      SELECT s.sku, sum(s.on_hand - s.reserved)::float8 AS units FROM inventory.stock_level s
      WHERE s.sku IN (SELECT sku FROM inventory.back_order_line) GROUP BY s.sku
    ), chance AS (
      SELECT w.order_id FROM inventory.back_order_line w LEFT JOIN free f ON f.sku = w.sku
      WHERE ${before}::text IS NULL OR w.order_id < ${before}
      GROUP BY w.order_id HAVING bool_and(w.quantity <= coalesce(f.units, 0))
    ), oldest AS (
      SELECT o.id FROM orders.orders o JOIN chance c ON c.order_id = o.id
      WHERE o.backorder_until > now() ORDER BY o.id LIMIT ${MOST_AT_ONCE}
    )
    SELECT l.order_id AS "orderId", l.sku, l.quantity, f.units AS available
    FROM oldest o JOIN inventory.back_order_line l ON l.order_id = o.id JOIN free f ON f.sku = l.sku
    ORDER BY l.order_id, l.sku`;
  const orders = new Map<string, WaitingOrder>();
  for (const { orderId, sku, quantity } of rows) {
    const order = orders.get(orderId) ?? { orderId, lines: [] };
    order.lines.push({ sku, quantity });
    orders.set(orderId, order);
  }
  return {
    orders: [...orders.values()],
    available: new Map(rows.map(({ sku, available }) => [sku, available])),
  };
}

/**
 * The orders that stock has arrived for, oldest first: those that can be had side by side, but for the ones that were
 * woken a short while ago. The pause doubles with each time that an order was woken, from two seconds on, so that one
 * that cannot reserve whatever comes is woken some dozens of times a year at most.
 *
 * @param sku - only orders that want this one
 */
export async function ordersToWake(database: Database, sku?: string): Promise<string[]> {
  const { orders, available } = await readWaiting(database.sql);
  const ids = satisfiable(orders, available)
    .filter(({ lines }) => sku === undefined || lines.some((line) => line.sku === sku))
    .map(({ orderId }) => orderId);
  if (ids.length === 0) return [];
  const rested = await database.sql.query<{ id: string }>`
    SELECT id FROM orders.orders
    WHERE id = ANY(${ids}) AND coalesce(woken_at + make_interval(secs => power(2, least(wakes, 40))) <= now(), true)
    ORDER BY id`;
  return rested.map(({ id }) => id);
}

/** Writes down that the order has been woken. */
export async function markWoken(database: Database, orderId: string): Promise<void> {
  await database.sql.query`UPDATE orders.orders SET wakes = wakes + 1, woken_at = now() WHERE id = ${orderId}`;
}
