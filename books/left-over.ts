import { restingStatuses, type OrderStatus } from '../domain/order-status';
import { endedReturnStatuses } from '../domain/return-status';
import type { StepId, UndoableKind } from '../domain/step-kinds';
import type { Database } from '../infra/database/client';

/**
 * What a sweep takes, at most `limit` of each: what was taken longest ago first, so that what can't be helped does not
 * keep a sweep from the rest.
 */

/** An order that is not at rest. */
export interface OpenOrder {
  id: string;
  status: OrderStatus;
  /** The last status in which its run was found to agree with the books. */
  followed: string | null;
  /** Whether the books have not changed for a while. */
  isQuiet: boolean;
}

/** Takes orders that are not at rest and were accepted before `before`; `quietSince` says which count as quiet. */
export const takeOpenOrders = (
  { sql }: Database,
  { before, quietSince, limit }: { before: Date; quietSince: Date; limit: number },
): Promise<OpenOrder[]> =>
  sql.query<OpenOrder>`
    UPDATE orders.orders o SET swept_at = now() FROM (
      SELECT id FROM orders.orders
      WHERE status <> ALL(${[...restingStatuses]}) AND created_at < ${before}
      ORDER BY swept_at NULLS FIRST, id LIMIT ${limit}
    ) longest WHERE o.id = longest.id
    RETURNING o.id, o.status, o.followed, o.updated_at < ${quietSince} AS "isQuiet"`;

/** Records that an order's run agrees with the books, or was signalled that they have news. */
export const markFollowed = ({ sql }: Database, orderId: string, status: OrderStatus): Promise<unknown> =>
  sql.query`UPDATE orders.orders SET followed = ${status} WHERE id = ${orderId}`;

/** Takes returns that have not ended and were asked for before `before`; returns their ids. */
export async function takeOpenReturns({ sql }: Database, before: Date, limit: number): Promise<string[]> {
  const taken = await sql.query<{ id: string }>`
    UPDATE orders.return r SET swept_at = now() FROM (
      SELECT id FROM orders.return
      WHERE status <> ALL(${[...endedReturnStatuses]}) AND requested_at < ${before}
      ORDER BY swept_at NULLS FIRST, id LIMIT ${limit}
    ) longest WHERE r.id = longest.id RETURNING r.id`;
  return taken.map(({ id }) => id);
}

/** Whether an order is at rest, or there is none. */
export async function isResting({ sql }: Database, orderId: string): Promise<boolean> {
  const open = await sql.query`
    SELECT FROM orders.orders WHERE id = ${orderId} AND status <> ALL(${[...restingStatuses]})`;
  return open.length === 0;
}

/** A step whose effect came late. */
export interface LateStep {
  orderId: string;
  step: StepId<UndoableKind>;
}

/**
 * The steps whose undo is owed since before `before` and which no order's own run undoes: the order is at rest, or goes
 * on without them.
 */
export const lateSteps = ({ sql }: Database, before: Date, limit: number): Promise<LateStep[]> =>
  sql.query<LateStep>`
    SELECT s.order_id AS "orderId", jsonb_strip_nulls(jsonb_build_object('kind', s.kind, 'leg', s.leg,
      'parcel', s.parcel, 'carrier', s.carrier, 'grant', s."grant", 'subject', s.subject)) AS step
    FROM orders.saga_step s JOIN orders.orders o ON o.id = s.order_id
    WHERE s.state = 'undoing' AND s.undoing_at < ${before}
      AND (o.status = ANY(${[...restingStatuses]}) OR (s.late AND NOT o.fenced))
    ORDER BY s.undoing_at LIMIT ${limit}`;

/** A parcel that its carrier has. */
export interface UnheardParcel {
  id: string;
  orderId: string;
  leg: number;
  warehouse: string;
  carrier: string | null;
  status: 'handed_over' | 'in_transit';
}

/** Takes parcels of shipped orders of which no scan has come since before `before`. */
export const takeUnheard = ({ sql }: Database, before: Date, limit: number): Promise<UnheardParcel[]> =>
  sql.query<UnheardParcel>`
    UPDATE orders.shipment s SET swept_at = now() FROM (
      SELECT s.id FROM orders.shipment s JOIN orders.orders o ON o.id = s.order_id
      WHERE s.status IN ('handed_over', 'in_transit') AND o.status = 'shipped' AND o.updated_at < ${before}
      ORDER BY s.swept_at NULLS FIRST, s.id LIMIT ${limit}
    ) longest WHERE s.id = longest.id
    RETURNING s.id, s.order_id AS "orderId", s.leg, s.warehouse, s.carrier, s.status`;
