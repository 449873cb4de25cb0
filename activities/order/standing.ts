import type { Reason } from '../../contracts/failures';
import type { Actor, DueRefund, LegParcel, Standing, StopInput } from '../../contracts/workflow/order';
import { money } from '../../domain/money';
import { directionOf, grantsIn, stepsToUndo, type OrderBooks } from '../../domain/standing';
import type { Queryable } from '../../infra/database/client';

/** What the books know of an order, and what a run needs to go on with it. */
export interface ReadBooks extends OrderBooks {
  reason: Reason | null;
  /** A bigint, which the driver gives as text, as is `owed`. */
  grand: string;
  owed: string;
  currency: string;
  parcels: LegParcel[];
  dueRefunds: (Omit<DueRefund, 'amount' | 'step'> & { amount: number; subject: string })[];
  stoppedBy: Actor | null;
  retryInMs: number;
  /** How old the newest authorisation is, in milliseconds. */
  grantAgeMs: number;
}

/** Reads, in one statement, what the books know of an order. Throws if there is no such order. */
export async function readBooks(database: Queryable, orderId: string): Promise<ReadBooks> {
  const [books] = await database.query<ReadBooks>`
    WITH step AS (SELECT * FROM orders.saga_step WHERE order_id = ${orderId})
    SELECT o.status, o.reason, o.fenced, o.fenced_leg AS "fencedLeg", o.grand, o.currency,
      greatest(0, coalesce(extract(epoch FROM o.retry_at - clock_timestamp()) * 1000, 0))::float8 AS "retryInMs",
      (SELECT coalesce(jsonb_agg(jsonb_build_object('state', s.state, 'wasApplied', s.applied_at IS NOT NULL, 'id',
          jsonb_strip_nulls(jsonb_build_object('kind', s.kind, 'leg', s.leg, 'parcel', s.parcel, 'carrier', s.carrier,
            'grant', s."grant", 'subject', s.subject))) ORDER BY s.step), '[]') FROM step s) AS steps,
      EXISTS (SELECT FROM step s WHERE s.kind = 'capture' AND s.state = 'applied') AS captured,
      (SELECT coalesce(extract(epoch FROM clock_timestamp() - max(s.applied_at)) * 1000, 0)::float8 FROM step s
        WHERE s.kind = 'authorise-payment' AND s.state = 'applied') AS "grantAgeMs",
      (SELECT coalesce(jsonb_agg(jsonb_build_object('leg', p.leg, 'parcel', p.warehouse, 'warehouse', p.warehouse,
          'shipmentId', p.id, 'status', p.status, 'lines', (
            SELECT jsonb_agg(jsonb_build_object('sku', l.sku, 'quantity', l.quantity) ORDER BY l.sku)
            FROM orders.shipment_line l WHERE l.shipment_id = p.id)) ORDER BY p.leg, p.warehouse), '[]')
        FROM orders.shipment p
        WHERE p.order_id = o.id AND NOT EXISTS (
          SELECT FROM step s
          WHERE s.kind = 'drop' AND s.leg = p.leg AND s.parcel = p.warehouse AND s.state = 'applied')) AS parcels,
      (SELECT greatest(p.captured - CASE WHEN o.fenced THEN 0 ELSE o.grand END - coalesce((SELECT sum(r.amount) FROM payments.refund r
        WHERE r.order_id = o.id AND r.cause = 'not_shipped'), 0), 0)
        FROM payments.payment p WHERE p.order_id = o.id) AS owed,
      (SELECT coalesce(jsonb_agg(jsonb_build_object('subject', r.subject, 'amount', r.amount, 'decidedBy',
          jsonb_build_object('type', r.decided_by_type, 'id', r.decided_by_id)) ORDER BY r.subject), '[]')
        FROM payments.refund r
        WHERE r.order_id = o.id AND r.cause = 'not_shipped' AND r.refunded_at IS NULL AND NOT EXISTS (
          SELECT FROM step s WHERE s.kind = 'refund' AND s.subject = r.subject AND s.state = 'skipped')) AS "dueRefunds",
      (SELECT jsonb_build_object('type', t.actor_type, 'id', t.actor_id) FROM orders.timeline_entry t
        WHERE t.order_id = o.id AND t.status = 'compensating' AND o.fenced ORDER BY t.id LIMIT 1) AS "stoppedBy"
    FROM orders.orders o WHERE o.id = ${orderId}`;
  if (books === undefined) throw new Error(`there is no order ${orderId}`);
  return books;
}

/** How an order stands by its books, for the run that asks. */
export function standingOf(books: ReadBooks, { called, policy }: Pick<StopInput, 'called' | 'policy'>): Standing {
  const { status, reason, parcels, currency, retryInMs, stoppedBy } = books;
  return {
    direction: directionOf(books),
    status,
    reason,
    grand: money(Number(books.grand), currency),
    leg: books.fencedLeg + 1,
    grants: grantsIn(books.steps.filter(({ state }) => state === 'applied')),
    parcels,
    undo: stepsToUndo(books, called),
    retryInMs: Math.ceil(retryInMs),
    renewInMs: Math.max(0, Math.round(policy.authorisationRenewMs - books.grantAgeMs)),
    owed: money(Number(books.owed), currency),
    stoppedBy,
    dueRefunds: books.dueRefunds.map(({ subject, amount, decidedBy }) => {
      return { step: { kind: 'refund', subject }, amount: money(amount, currency), decidedBy };
    }),
  };
}
