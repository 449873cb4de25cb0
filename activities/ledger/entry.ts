import { Prisma } from '../../infra/database/generated/client';
import type { Queryable, Transaction } from '../../infra/database/client';
import type { OrderEvent } from '../../contracts/events/order-event';
import type { Actor } from '../../contracts/workflow/order';
import { stepName, type StepId, type StepKind } from '../../domain/step-kinds';
import type { MessageTemplate } from '../../contracts/events/messages';
import type { OrderStatus } from '../../domain/order-status';

/** What is written about an order, besides an effect itself. */
export interface Entry {
  step: string | null;
  /** The status that the order moves to; left out if it keeps its own. */
  status?: OrderStatus | undefined;
  reason?: string | undefined;
  note?: string | undefined;
  /** Who did it; the saga itself where it is left out. */
  actor?: Actor | undefined;
  messages?: readonly (MessageTemplate | OwedMessage)[] | undefined;
  events?: readonly OrderEvent[] | undefined;
}

/** A message that can be owed more than once, or says more than its template. */
export interface OwedMessage {
  template: MessageTemplate;
  /** What tells it from others of its template: a leg, a return. */
  occasion?: string | undefined;
  data?: Record<string, Prisma.InputJsonValue> | undefined;
}

/** The ledger row of a step that is now applied. */
export interface AppliedRow {
  id: StepId;
  /** The kind of step after which this one cannot be applied any more. */
  before?: StepKind | undefined;
  /** Whether it is written although the order is undone. */
  beyondFence: boolean;
  requestHash: string;
  result: unknown;
  providerReference: string | null;
  /** How many attempts it took. */
  attempts: number;
  /**
   * An effect in our own database: an UPDATE that joins the relation `entitled`, whose one column is `order_id` and
   * which is empty if the step may not be applied.
   */
  alongside?: Prisma.Sql | undefined;
  /** The steps whose undo the order owes a party from now on. */
  owes?: readonly StepId[] | undefined;
}

export interface LockedOrder {
  status: OrderStatus;
  fenced: boolean;
  fencedLeg: number;
}

/** Locks an order's row until the transaction ends, and reads its fence. Throws if there is no such order. */
export async function lockOrder(tx: Transaction, orderId: string): Promise<LockedOrder> {
  const [row] = await tx.query<LockedOrder>`
    SELECT status, fenced, fenced_leg AS "fencedLeg" FROM orders.orders WHERE id = ${orderId} FOR UPDATE`;
  if (row === undefined) throw new Error(`there is no order ${orderId}`);
  return row;
}

/**
 * Writes, in one statement and so in one transaction: the order's new status, its timeline entry, the messages owed to
 * the customer and the events for the outbox. With `applied` it first locks the order's row, checks its fence and writes
 * the step's ledger row, and writes nothing if the fence has passed the step or the step has a row already.
 *
 * @returns whether it was written
 */
export async function writeEntry(
  database: Queryable,
  orderId: string,
  entry: Entry,
  applied?: AppliedRow,
): Promise<boolean> {
  const status = entry.status ?? null;
  const reason = entry.reason ?? null;
  const actor = entry.actor ?? THE_SAGA;
  const messages = (entry.messages ?? []).map((message) => messageRow(orderId, message));
  const [row] = await database.query<{ written: boolean }>`
    WITH locked AS (
      SELECT id, status, fenced, fenced_leg FROM orders.orders WHERE id = ${orderId} FOR UPDATE
    ), entitled AS (${applied === undefined ? ANY_ORDER : ledgerRow(applied)}),
    moved AS (
      UPDATE orders.orders o
      SET status = coalesce(${status}, o.status), reason = coalesce(${reason}, o.reason), updated_at = now()
      FROM entitled WHERE o.id = entitled.order_id
    ), line AS (
      INSERT INTO orders.timeline_entry (order_id, step, status, actor_type, actor_id, reason, note)
      SELECT id, ${entry.step}, coalesce(${status}, status), ${actor.type}, ${actor.id}, ${reason}, ${entry.note ?? null}
      FROM locked JOIN entitled ON true
    ), message AS (
      INSERT INTO events.message (key, order_id, template, channel, data)
      SELECT key, order_id, template, 'email', data
      FROM entitled, jsonb_to_recordset(${JSON.stringify(messages)}::jsonb) AS m(key text, template text, data jsonb)
      ON CONFLICT (key) DO NOTHING
    ), event AS (
      INSERT INTO events.outbox (topic, key, version, data)
      SELECT topic, order_id, version, data
      FROM entitled,
        jsonb_to_recordset(${JSON.stringify(entry.events ?? [])}::jsonb) AS e(topic text, version int, data jsonb)
    )${applied?.alongside ? Prisma.sql`, alongside AS (${applied.alongside})` : Prisma.empty}${owed(applied?.owes)}
    SELECT EXISTS (SELECT FROM entitled) AS written`;
  return row?.written ?? false;
}

/** Who acts where no person does. */
export const THE_SAGA: Actor = { type: 'system', id: 'fulfilment' };

function messageRow(orderId: string, message: MessageTemplate | OwedMessage) {
  const { template, occasion, data = {} } = typeof message === 'string' ? { template: message } : message;
  return { key: [orderId, template, ...(occasion === undefined ? [] : [occasion]), 'email'].join('/'), template, data };
}

const ANY_ORDER = Prisma.sql`SELECT id AS order_id FROM locked`;

const ledgerRow = ({
  id,
  before,
  beyondFence,
  requestHash,
  result,
  providerReference,
  attempts,
}: AppliedRow): Prisma.Sql =>
  Prisma.sql`
    INSERT INTO orders.saga_step
      (order_id, step, kind, leg, parcel, carrier, "grant", subject, state, request_hash, result, provider_reference,
      attempts, applied_at)
    SELECT id, ${stepName(id)}, ${id.kind}, ${id.leg ?? null}::int, ${id.parcel ?? null}, ${id.carrier ?? null},
      ${id.grant ?? null}::int, ${id.subject ?? null}, 'applied', ${requestHash}, ${JSON.stringify(result)}::jsonb,
      ${providerReference}, ${attempts}::int, now()
    FROM locked
    WHERE (NOT fenced OR ${beyondFence}::boolean) AND coalesce(${id.leg ?? null}::int > fenced_leg, true)
      ${before === undefined ? Prisma.empty : notApplied(before)}
    ON CONFLICT (order_id, step) DO NOTHING
    RETURNING order_id`;

const notApplied = (kind: StepKind): Prisma.Sql => Prisma.sql`AND NOT EXISTS (
        SELECT FROM orders.saga_step a WHERE a.order_id = locked.id AND a.kind = ${kind} AND a.state = 'applied')`;

const owed = (ids: readonly StepId[] = []): Prisma.Sql =>
  ids.length === 0
    ? Prisma.empty
    : Prisma.sql`, owed AS (
      INSERT INTO orders.saga_step AS s
        (order_id, step, kind, leg, parcel, carrier, "grant", subject, state, late, undoing_at)
      SELECT e.order_id, r.*, 'undoing', true, now() FROM entitled e, ${rowsOf(ids)}
      ON CONFLICT (order_id, step) DO UPDATE SET state = 'undoing', late = true, undoing_at = now()
    )`;

/** The columns of steps' identities, as a set of rows: name, kind, leg, parcel, carrier, grant, subject. */
export const rowsOf = (ids: readonly StepId[]): Prisma.Sql => {
  const rows = ids.map((id) => ({ step: stepName(id), ...id }));
  return Prisma.sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
    AS r(step text, kind text, leg int, parcel text, carrier text, "grant" int, subject text)`;
};
