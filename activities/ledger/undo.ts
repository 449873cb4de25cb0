import type { OrderRef } from '../../adapters/ports';
import { stepName, type StepId } from '../../domain/step-kinds';
import type { Queryable, Transaction } from '../../infra/database/client';
import { lockOrder, rowsOf, writeEntry, type Entry } from './entry';

/**
 * Marks a step as one that is being undone. Returns its order, and since when its undo is owed. Throws if there is no such
 * order.
 */
export async function markUndoing(database: Queryable, orderId: string, id: StepId): Promise<OrderRef & Owed> {
  const [order] = await database.query<OrderRef & Owed>`
    WITH marked AS (
      INSERT INTO orders.saga_step AS s
        (order_id, step, kind, leg, parcel, carrier, "grant", subject, state, undoing_at)
      SELECT ${orderId}, r.*, 'undoing', now() FROM ${rowsOf([id])}
      ON CONFLICT (order_id, step) DO UPDATE
      SET state = CASE s.state WHEN 'applied' THEN 'undoing' ELSE s.state END,
        undoing_at = CASE s.state WHEN 'applied' THEN now() ELSE s.undoing_at END
      RETURNING undoing_at
    )
    SELECT o.id AS "orderId", o.client_reference AS "clientReference", o.customer_id AS "customerId",
      m.undoing_at AS "owedSince"
    FROM orders.orders o, marked m WHERE o.id = ${orderId}`;
  if (order === undefined) throw new Error(`there is no order ${orderId}`);
  return order;
}

interface Owed {
  /** Null if the undo was skipped before it had begun. */
  owedSince: Date | null;
}

/**
 * Records that the order owes a party the undo of these steps, whose effects came, or may have, when the order had gone
 * another way. They stay in the books until they are undone; the order's rest does not end that. What a person wrote off
 * after it had happened stays written off, because no attempt of it can have another effect.
 */
export async function owe(database: Queryable, orderId: string, ids: readonly StepId[]): Promise<void> {
  await database.query`
    INSERT INTO orders.saga_step AS s
      (order_id, step, kind, leg, parcel, carrier, "grant", subject, state, late, undoing_at)
    SELECT ${orderId}, r.*, 'undoing', true, now() FROM ${rowsOf(ids)}
    ON CONFLICT (order_id, step) DO UPDATE SET state = 'undoing', late = true, undoing_at = now()
    WHERE s.state IN ('undoing', 'undone') OR (s.state = 'skipped' AND s.applied_at IS NULL)`;
}

interface DoneUndo extends Owed {
  orderId: string;
  id: StepId;
  record?: ((tx: Transaction) => Promise<Omit<Entry, 'step'>>) | undefined;
}

/**
 * Writes that a step is undone, with what its undo means for our own books if it had been applied and was not undone
 * before. Writes nothing if another effect of the step came since `owedSince`: then it is still to be undone.
 */
export async function commitUndo(tx: Transaction, { orderId, id, owedSince, record }: DoneUndo): Promise<void> {
  await lockOrder(tx, orderId);
  const [row] = await tx.query<{ isFirst: boolean }>`
    WITH before AS (
      SELECT applied_at IS NOT NULL AND undone_at IS NULL AS is_first FROM orders.saga_step
      WHERE order_id = ${orderId} AND step = ${stepName(id)} AND state = 'undoing' AND undoing_at = ${owedSince}
      FOR UPDATE
    )
    UPDATE orders.saga_step SET state = 'undone', undone_at = now() FROM before
    WHERE order_id = ${orderId} AND step = ${stepName(id)}
    RETURNING before.is_first AS "isFirst"`;
  if (!row?.isFirst) return;
  await writeEntry(tx, orderId, { note: 'undone', ...(await record?.(tx)), step: stepName(id) });
}
