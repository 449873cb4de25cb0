import type { Decision } from '../../contracts/workflow/order';
import type { Money } from '../../contracts/http/money';
import { format } from '../../domain/money';
import { steps } from '../../domain/steps';
import type { Database, Queryable } from '../../infra/database/client';
import { lockOrder, writeEntry } from '../ledger/entry';
import { readNote } from '../ledger/notes';

/** A refund that a person gives up. */
interface GivenUpRefund {
  orderId: string;
  /** What tells it from the order's other refunds. */
  refund: string;
  amount: Money;
  decision: Decision;
}

/** Gives refunds up that the payment provider would not make. */
export function createWriteOffRefundActivities({ database }: { database: Database }) {
  return {
    /** Writes a refund of a return off, with who decided it; one that was done after all stays done. Safe to repeat. */
    async writeOffRefund({ orderId, refund, amount, decision: { actor, noteId } }: GivenUpRefund): Promise<void> {
      const step = steps.refund(refund);
      await database.sql.transaction(async (tx) => {
        await lockOrder(tx, orderId);
        const written = await tx.query`
          INSERT INTO orders.saga_step (order_id, step, state) VALUES (${orderId}, ${step}, 'skipped')
          ON CONFLICT (order_id, step) DO NOTHING RETURNING step`;
        if (written.length === 0) return;
        const text = await readNote(tx, noteId);
        const note = [`${format(amount)} written off, not refunded`, ...(text === undefined ? [] : [text])].join('; ');
        await writeEntry(tx, orderId, { step, actor, note });
      });
    },
  };
}

/** Whether a person wrote the refund off. */
export async function isWrittenOff(database: Queryable, orderId: string, refund: string): Promise<boolean> {
  const rows = await database.query`
    SELECT FROM orders.saga_step WHERE order_id = ${orderId} AND step = ${steps.refund(refund)} AND state = 'skipped'`;
  return rows.length > 0;
}
