import type { Money } from '../../domain/money';
import type { MessageTemplate } from '../../contracts/events/messages';
import type { ReturnStanding } from '../../contracts/workflow/return';
import type { Decision } from '../../contracts/workflow/decisions';
import { money } from '../../domain/money';
import { mayMove } from '../../domain/order-status';
import { mayReturnMove, returnStatusTable, type ReturnStatus } from '../../domain/return-status';
import { refundOfReturn, returnName } from '../../domain/step-kinds';
import type { Database, Queryable, Transaction } from '../../infra/database/client';
import { lockOrder, writeEntry, type OwedMessage } from '../ledger/entry';
import { readNote } from '../ledger/notes';
import { isWrittenOff } from '../payment/refund';

/** Which return of which order. */
export interface ReturnRef {
  orderId: string;
  returnId: string;
}

/** A move of a return that changes nothing besides. */
export interface ReturnMove extends ReturnRef {
  to: 'authorised' | 'rejected' | 'received' | 'expired';
  /** Who decided it; left out if nobody did. */
  decision?: Decision;
  /** How long the goods are awaited, once authorised. */
  awaitMs: number;
}

const MESSAGES: Partial<Record<ReturnStatus, MessageTemplate>> = {
  authorised: 'return-authorised',
  rejected: 'return-rejected',
};

/** Moves returns along: each write is conditional on the status before, so that it is safe to repeat. */
export function createReturnActivities({ database }: { database: Database }) {
  return {
    /** Reads from the books how the return stands. */
    readReturn: ({ returnId }: ReturnRef): Promise<ReturnStanding> => readStanding(database.sql, returnId),

    /** Moves a return, if it stands before `to`; resolves to how it stands then. */
    async moveReturn({ orderId, returnId, to, decision, awaitMs }: ReturnMove): Promise<ReturnStanding> {
      return database.sql.transaction(async (tx) => {
        await lockOrder(tx, orderId);
        const before = await readStanding(tx, returnId);
        if (!mayReturnMove(before.status, to)) return before;
        const [moved] = await tx.query<{ receiveBy: Date | null }>`
          UPDATE orders.return SET status = ${to}, updated_at = now(),
            receive_by = CASE WHEN ${to} = 'authorised' THEN now() + ${awaitMs} * interval '1 millisecond'
              ELSE receive_by END
          WHERE id = ${returnId} RETURNING receive_by AS "receiveBy"`;
        const template = MESSAGES[to];
        const receiveBy = moved?.receiveBy?.toISOString();
        await writeEntry(tx, orderId, {
          ...(await told(tx, returnId, to, decision)),
          ...(template && { messages: [message(template, returnId, receiveBy === undefined ? {} : { receiveBy })] }),
        });
        return readStanding(tx, returnId);
      });
    },

    /**
     * Ends an inspected return, whose refund is done or written off, if one was decided. The order is `returned` when all
     * that was delivered is back and settled.
     */
    async finishReturn({ orderId, returnId }: ReturnRef): Promise<ReturnStanding> {
      return database.sql.transaction(async (tx) => {
        const order = await lockOrder(tx, orderId);
        const before = await readStanding(tx, returnId);
        if (before.status !== 'inspected') return before;
        const writtenOff = await isWrittenOff(tx, orderId, refundOfReturn(returnId));
        const refund = writtenOff ? null : before.refund;
        const to = refund === null ? 'closed' : 'refunded';
        await tx.query`UPDATE orders.return SET status = ${to}, updated_at = now() WHERE id = ${returnId}`;
        const returned = mayMove(order.status, 'returned') && (await allIsBack(tx, orderId));
        await writeEntry(tx, orderId, {
          ...(await told(tx, returnId, to)),
          messages: [message('return-refunded', returnId, refund === null ? {} : { refund: { ...refund } })],
          ...(returned && { status: 'returned', events: [{ topic: 'orders.returned', version: 1, data: {} }] }),
        });
        return { ...before, status: to, refund };
      });
    },
  };
}

/** Reads how a return stands. Throws if there is no such return. */
export async function readStanding(database: Queryable, returnId: string): Promise<ReturnStanding> {
  const [row] = await database.query<{
    status: ReturnStatus;
    awaitedMs: number | null;
    /** A bigint, which the driver gives as text. */
    amount: string | null;
    currency: string | null;
  }>`
    SELECT r.status, f.amount, f.currency,
      greatest(0, ceil(extract(epoch FROM r.receive_by - clock_timestamp()) * 1000))::float8 AS "awaitedMs"
    FROM orders.return r LEFT JOIN payments.refund f ON f.return_id = r.id
    WHERE r.id = ${returnId}`;
  if (row === undefined) throw new Error(`there is no return ${returnId}`);
  const { status, awaitedMs, amount, currency } = row;
  const refund: Money | null = amount === null || currency === null ? null : money(Number(amount), currency);
  return { status, awaitedMs: status === 'authorised' ? awaitedMs : null, refund };
}

/** What the order's timeline tells of a return that has moved. */
export async function told(tx: Transaction, returnId: string, to: ReturnStatus, decision?: Decision) {
  const text = decision && (await readNote(tx, decision));
  const note = `return ${to}: ${returnStatusTable[to].meaning}`;
  return { step: returnName(returnId), actor: decision?.actor, note: text === undefined ? note : `${note}; ${text}` };
}

const message = (template: MessageTemplate, returnId: string, data: OwedMessage['data']): OwedMessage => ({
  template,
  occasion: returnId,
  data: { returnId, ...data },
});

async function allIsBack(tx: Transaction, orderId: string): Promise<boolean> {
  const [row] = await tx.query<{ all: boolean }>`
    SELECT NOT EXISTS (SELECT FROM orders.returnable WHERE order_id = ${orderId} AND back < delivered)
      AND NOT EXISTS (SELECT FROM orders.return WHERE order_id = ${orderId} AND status = 'inspected') AS all`;
  return row?.all ?? false;
}
