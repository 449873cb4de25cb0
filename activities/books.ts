import { Prisma } from '../infra/database/generated/client';
import type { Transaction } from '../infra/database/client';
import type { OrderEvent } from '../contracts/events';
import type { MessageTemplate } from '../contracts/messages';
import type { OrderStatus } from '../domain/order-status';

/** What one transaction writes about an order, besides the effect itself. */
export interface Entry {
  step: string | null;
  /** The status that the order moves to; left out where it keeps its own. */
  status?: OrderStatus | undefined;
  reason?: string | undefined;
  note?: string | undefined;
  messages?: readonly MessageTemplate[] | undefined;
  events?: readonly OrderEvent[] | undefined;
  /** The ledger row that comes with it, for a step that has now been applied. */
  applied?: { requestHash: string; result: unknown; providerReference: string | null };
}

export interface LockedOrder {
  status: OrderStatus;
  fenced: boolean;
  fencedLeg: number;
}

/** Locks an order's row until the transaction ends, and reads its fence. Throws where there is no such order. */
export async function lockOrder(tx: Transaction, orderId: string): Promise<LockedOrder> {
  const [row] = await tx.$queryRaw<LockedOrder[]>`
    SELECT status, fenced, fenced_leg AS "fencedLeg" FROM orders.orders WHERE id = ${orderId} FOR UPDATE`;
  if (row === undefined) throw new Error(`there is no order ${orderId}`);
  return row;
}

/**
 * Writes, in one statement, a step's ledger row, the order's new status, its timeline entry, the messages owed to the
 * customer and the events for the outbox. The order's row is locked by the caller.
 */
export async function writeEntry(tx: Transaction, orderId: string, entry: Entry): Promise<void> {
  const status = entry.status ?? null;
  const messages = (entry.messages ?? []).map((template) => ({
    key: `${orderId}/${template}/email`,
    template,
    channel: 'email',
  }));
  await tx.$executeRaw`
    WITH moved AS (
      UPDATE orders.orders
      SET status = coalesce(${status}, status), reason = coalesce(${entry.reason ?? null}, reason), updated_at = now()
      WHERE id = ${orderId}
    ), line AS (
      INSERT INTO orders.timeline_entry (order_id, step, status, actor_type, actor_id, reason, note)
      SELECT id, ${entry.step}, coalesce(${status}, status), 'system', 'fulfilment',
        ${entry.reason ?? null}, ${entry.note ?? null}
      FROM orders.orders WHERE id = ${orderId}
    ), message AS (
      INSERT INTO events.message (key, order_id, template, channel)
      SELECT key, ${orderId}, template, channel
      FROM jsonb_to_recordset(${JSON.stringify(messages)}::jsonb) AS m(key text, template text, channel text)
      ON CONFLICT (key) DO NOTHING
    )${ledgerRow(orderId, entry)}
    INSERT INTO events.outbox (topic, key, version, data)
    SELECT topic, ${orderId}, version, data
    FROM jsonb_to_recordset(${JSON.stringify(entry.events ?? [])}::jsonb) AS e(topic text, version int, data jsonb)`;
}

function ledgerRow(orderId: string, { step, applied }: Entry): Prisma.Sql {
  if (applied === undefined) return Prisma.empty;
  return Prisma.sql`, ledger AS (
      INSERT INTO orders.saga_step (order_id, step, state, request_hash, result, provider_reference, applied_at)
      VALUES (${orderId}, ${step}, 'applied', ${applied.requestHash}, ${JSON.stringify(applied.result)}::jsonb,
        ${applied.providerReference}, now())
    )`;
}
