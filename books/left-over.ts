import type { Database } from '../infra/database/client';

/**
 * What a sweep takes, at most `limit` of each: what was taken longest ago first, so that what can't be helped does not
 * keep a sweep from the rest. Taken is also what the sweep then fails at.
 */

/** Takes orders that were accepted before `before` and have not begun; returns their ids. */
export async function takeUnstarted({ sql }: Database, before: Date, limit: number): Promise<string[]> {
  const taken = await sql.query<{ id: string }>`
    UPDATE orders.orders o SET swept_at = now() FROM (
      SELECT id FROM orders.orders WHERE status = 'created' AND created_at < ${before}
      ORDER BY swept_at NULLS FIRST, id LIMIT ${limit}
    ) longest WHERE o.id = longest.id RETURNING o.id`;
  return taken.map(({ id }) => id);
}

/** Takes orders whose messages are pending since before `before`; returns their ids. */
export async function takeUnsent({ sql }: Database, before: Date, limit: number): Promise<string[]> {
  const taken = await sql.query<{ orderId: string }>`
    WITH longest AS (
      SELECT order_id FROM events.message WHERE state = 'pending' AND created_at < ${before}
      GROUP BY order_id ORDER BY max(swept_at) NULLS FIRST, order_id LIMIT ${limit}
    ), taken AS (
      UPDATE events.message m SET swept_at = now() FROM longest
      WHERE m.order_id = longest.order_id AND m.state = 'pending'
    )
    SELECT order_id AS "orderId" FROM longest`;
  return taken.map(({ orderId }) => orderId);
}

/** A parcel that its carrier has. */
export interface UnheardParcel {
  id: string;
  orderId: string;
  leg: number;
  warehouse: string;
  carrier: string | null;
  status: 'handed_over' | 'in_transit';
}

/** Takes parcels of shipped orders about which nothing was heard since before `before`. */
export const takeUnheard = ({ sql }: Database, before: Date, limit: number): Promise<UnheardParcel[]> =>
  sql.query<UnheardParcel>`
    UPDATE orders.shipment s SET swept_at = now() FROM (
      SELECT s.id FROM orders.shipment s JOIN orders.orders o ON o.id = s.order_id
      WHERE s.status IN ('handed_over', 'in_transit') AND o.status = 'shipped' AND o.updated_at < ${before}
      ORDER BY s.swept_at NULLS FIRST, s.id LIMIT ${limit}
    ) longest WHERE s.id = longest.id
    RETURNING s.id, s.order_id AS "orderId", s.leg, s.warehouse, s.carrier, s.status`;
