import { activityInfo } from '@temporalio/activity';
import type { PaymentPort } from '../../adapters/ports';
import { reasons, type UndoneStatus } from '../../contracts/failures';
import type { MessageTemplate } from '../../contracts/events/messages';
import type { Standing, StopInput } from '../../contracts/workflow/order';
import { isAtRest, mayMove } from '../../domain/order-status';
import { effectOf, grantsIn, type StopEffect } from '../../domain/standing';
import type { Transaction } from '../../infra/database/client';
import { lockOrder, writeEntry } from '../ledger/entry';
import { readNote } from '../ledger/notes';
import { askRetryably } from '../ledger/run-step';
import type { StepLedger } from '../ledger/step-ledger';
import { settleCapture } from '../payment/settle-capture';
import { readBooks, standingOf, type ReadBooks } from './standing';

interface Deps {
  ledger: StepLedger;
  payment: PaymentPort;
}

/** Asks the books how an order goes on, and tells them why it cannot go on as it did. */
export function createStopActivities({ ledger, payment }: Deps) {
  return {
    /**
     * Stops the order. Returns the direction to follow and the steps to undo. With a reason it moves the order's fence, if
     * the order may still be undone, or ends the leg in which no carrier was found. Without one it only asks. An undone
     * order of which nothing is left to undo comes to rest. Idempotent: a recorded reason stands.
     */
    async stopOrder(stop: StopInput): Promise<Standing> {
      if (stop.reason === undefined && stop.called !== undefined) {
        const standing = standingOf(await readBooks(ledger.database.sql, stop.orderId), stop);
        if (standing.direction !== 'back') return standing;
      }
      const isCaptured = await isCapturedAtProvider({ ledger, payment }, stop);
      return ledger.database.sql.transaction(async (tx) => {
        await lockOrder(tx, stop.orderId);
        if (stop.called === undefined) await forgetEarlierRuns(tx, stop.orderId);
        const before = await readBooks(tx, stop.orderId);
        const effect =
          stop.reason === undefined
            ? 'none'
            : effectOf({ ...before, captured: before.captured || isCaptured }, requestOf(stop));
        await write[effect](tx, stop, before);
        const books = effect === 'none' || effect === 'too_late' ? before : await readBooks(tx, stop.orderId);
        const standing = standingOf(books, stop);
        if (standing.direction !== 'back' || standing.undo.length > 0 || mayRefund(standing)) return standing;
        await rest(tx, stop.orderId, books);
        return standingOf(await readBooks(tx, stop.orderId), stop);
      });
    },
  };
}

const requestOf = ({ reason, failedLeg, policy }: StopInput) => ({
  handOverGivenUp: reason === 'not_handed_over',
  ...(failedLeg !== undefined && { failedBooking: { leg: failedLeg, lastLeg: policy.carrierRetries } }),
});

/** What was captured of an order that cannot ship goes back to the customer before the order comes to rest. */
const mayRefund = ({ owed, dueRefunds }: Standing): boolean => owed.amount > 0 || dueRefunds.length > 0;

/**
 * Whether the provider has captured a payment of which our books do not know. It is asked before an order is undone whose
 * parcels are all booked, because a capture may be under way: what it has not captured it never can once it is asked.
 */
async function isCapturedAtProvider({ ledger, payment }: Deps, stop: StopInput): Promise<boolean> {
  if (stop.reason === undefined) return false;
  const { status, fenced, fencedLeg, captured, steps, parcels } = await readBooks(ledger.database.sql, stop.orderId);
  const isBooked = parcels.filter(({ leg }) => leg > fencedLeg).every((parcel) => parcel.status === 'booked');
  if (status !== 'packed' || fenced || captured || !isBooked) return false;
  const settled = async () => settleCapture(payment, await ledger.orderRef(stop.orderId), Math.max(grantsIn(steps), 1));
  return askRetryably('payment', stop.limits, settled());
}

type Write = (tx: Transaction, stop: StopInput, books: ReadBooks) => Promise<void>;

const write: Record<StopEffect, Write> = {
  none: async () => undefined,
  fence_order: fenceOrder,
  fence_leg: fenceLeg,
  too_late: tellTooLate,
};

async function fenceOrder(tx: Transaction, stop: StopInput, { status }: ReadBooks): Promise<void> {
  const { orderId, reason = 'interrupted', decision } = stop;
  await tx.query`UPDATE orders.orders SET fenced = true WHERE id = ${orderId}`;
  if (!mayMove(status, 'compensating')) await writeEntry(tx, orderId, { step: 'hand-over', status: 'needs_attention' });
  const note = decision && (await readNote(tx, decision));
  const staffRefused = ['staff refused the order in a review', ...(note === undefined ? [] : [note])].join('; ');
  await writeEntry(tx, orderId, {
    step: null,
    status: 'compensating',
    reason,
    actor: decision?.actor,
    note: decision && reason === 'screening_refused' ? staffRefused : (note ?? reasons[reason].text),
    events: [{ topic: 'saga.compensate', version: 1, data: { reason } }],
  });
}

/** Ends a leg that no carrier took: the customer is notified of the delay, and carriers are asked again later. */
async function fenceLeg(tx: Transaction, stop: StopInput, { status }: ReadBooks): Promise<void> {
  const { orderId, reason = 'no_carrier', failedLeg = 1, policy } = stop;
  await tx.query`
    UPDATE orders.orders
    SET fenced_leg = ${failedLeg}, retry_at = now() + ${policy.carrierRetryMs} * interval '1 millisecond'
    WHERE id = ${orderId}`;
  await writeEntry(tx, orderId, {
    step: null,
    ...(mayMove(status, 'pending_retry') && { status: 'pending_retry' }),
    note: reasons[reason].text,
    messages: [{ template: 'order-delayed', occasion: `leg-${failedLeg}` }],
    events: [{ topic: 'orders.delayed', version: 1, data: { leg: failedLeg, reason } }],
  });
}

/** Tells whoever cancelled that it came to nothing, once. A run that lost the capture accepts such a cancel. */
async function tellTooLate(tx: Transaction, { orderId, decision }: StopInput): Promise<void> {
  if (decision === undefined) return;
  const told = await tx.query`
    SELECT FROM events.message WHERE order_id = ${orderId} AND template = ${NOT_CANCELLED} LIMIT 1`;
  if (told.length > 0) return;
  const note = await readNote(tx, decision);
  await writeEntry(tx, orderId, {
    step: null,
    actor: decision.actor,
    note: ['the cancel came too late: the payment is captured', ...(note === undefined ? [] : [note])].join('; '),
    messages: [NOT_CANCELLED],
  });
}

const NOT_CANCELLED = 'order-not-cancelled' satisfies MessageTemplate;

const MESSAGES: Record<UndoneStatus, MessageTemplate> = {
  cancelled: 'order-cancelled',
  rejected: 'order-rejected',
  expired: 'order-expired',
  failed: 'order-failed',
};

/** Writes the resting status of an order of which nothing is left to undo. Nothing of it is stuck any more. */
async function rest(tx: Transaction, orderId: string, { status, reason: recorded }: ReadBooks): Promise<void> {
  if (isAtRest(status)) return;
  const reason = recorded ?? 'interrupted';
  const end = reasons[reason].status;
  if (status === 'needs_attention') await writeEntry(tx, orderId, { step: null, status: 'compensating' });
  await tx.query`
    UPDATE orders.stuck_step SET resolved_at = now()
    WHERE order_id = ${orderId} AND workflow_id = ${activityInfo().workflowExecution?.workflowId ?? ''}
      AND resolved_at IS NULL`;
  await writeEntry(tx, orderId, {
    step: null,
    status: end,
    reason,
    messages: [MESSAGES[end]],
    events: [{ topic: 'orders.undone', version: 1, data: { status: end, reason } }],
  });
}

/** What earlier runs of the workflow left listed as stuck is stuck no more: this run calls a person anew. */
async function forgetEarlierRuns(tx: Transaction, orderId: string): Promise<void> {
  const { workflowId = '', runId = '' } = activityInfo().workflowExecution ?? {};
  await tx.query`
    UPDATE orders.stuck_step SET resolved_at = now()
    WHERE order_id = ${orderId} AND workflow_id = ${workflowId} AND run_id <> ${runId} AND resolved_at IS NULL`;
}
