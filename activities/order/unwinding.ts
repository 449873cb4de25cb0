import { ApplicationFailure } from '@temporalio/common';
import { failureTypes, reasons, type Reason, type UndoneStatus } from '../../contracts/failures';
import type { MessageTemplate } from '../../contracts/events/messages';
import type { Decision } from '../../contracts/workflow/order';
import { isAtRest, mayMove, type OrderStatus } from '../../domain/order-status';
import { steps } from '../../domain/steps';
import type { Database, Transaction } from '../../infra/database/client';
import { lockOrder, writeEntry } from '../ledger/entry';
import { readNote } from '../ledger/notes';

const MESSAGES: Record<UndoneStatus, MessageTemplate> = {
  cancelled: 'order-cancelled',
  rejected: 'order-rejected',
  expired: 'order-expired',
  failed: 'order-failed',
};

interface Unwinding {
  orderId: string;
  reason: Reason;
  /** Who decided it; left out where nobody did. */
  decision?: Decision | undefined;
  /** The steps that the run asking for it knows to undo. */
  known?: readonly string[] | undefined;
}

/** Begins and ends the undoing of an order, or of one of its legs. */
export function createUnwindingActivities({ database }: { database: Database }) {
  return {
    /**
     * Moves the order's fence, so that no forward step can be applied any more, and its status. Safe to repeat. Resolves
     * to false, and moves nothing, where the order is past its pivot, unless its hand-over was given up, or may be, since
     * more was done than the run knows of; whoever decided on the undoing is told in the timeline where it came too late.
     * Resolves to `further` where steps are to be undone that the run does not know of, or may be, or where the order is
     * undone and at rest already.
     */
    async beginUnwinding(unwinding: Unwinding): Promise<boolean | 'further'> {
      const { orderId, reason } = unwinding;
      return database.sql.transaction(async (tx) => {
        const order = await lockOrder(tx, orderId);
        if (isAtRest(order.status)) return 'further';
        const givenUp = isGivenUp(order.status, reason);
        if (!order.fenced) {
          if (!givenUp && !mayMove(order.status, 'compensating')) {
            await tellTooLate(tx, unwinding);
            return false;
          }
          if (order.status === 'packed' && (await wentFurther(tx, unwinding, order.status))) return false;
          await fence(tx, unwinding, givenUp);
        }
        return (await wentFurther(tx, unwinding, order.status)) ? 'further' : true;
      });
    },

    /**
     * Writes the resting status of an order that is undone, also where something beside it, or this very step, is listed
     * as stuck. Safe to repeat.
     */
    async finishUnwinding({ orderId, reason }: Unwinding): Promise<void> {
      await database.sql.transaction(async (tx) => {
        const order = await lockOrder(tx, orderId);
        if (isAtRest(order.status)) return;
        if (order.status === 'needs_attention') await writeEntry(tx, orderId, { step: null, status: 'compensating' });
        await rest(tx, orderId, reason);
      });
    },

    /**
     * Ends a leg that no carrier took: moves the fence past it, tells the customer of the delay and makes the order
     * `pending_retry`. Safe to repeat; an order that is being undone is told nothing. Throws a non-retryable `StepFenced`
     * where the order was captured, since an earlier try of the workflow task went on.
     *
     * @returns how long the authorisation may wait before it is renewed
     */
    async beginRetry({ orderId, leg, reason, renewMs }: EndedLeg): Promise<{ renewInMs: number }> {
      return database.sql.transaction(async (tx) => {
        const { status, fenced, fencedLeg } = await lockOrder(tx, orderId);
        if (!fenced && fencedLeg < leg) {
          if (await isCaptured(tx, orderId)) throw behind(orderId, leg);
          await tx.query`UPDATE orders.orders SET fenced_leg = ${leg} WHERE id = ${orderId}`;
          await writeEntry(tx, orderId, {
            step: null,
            ...(mayMove(status, 'pending_retry') && { status: 'pending_retry' }),
            note: reasons[reason].text,
            messages: [{ template: 'order-delayed', occasion: `leg-${leg}` }],
            events: [{ topic: 'orders.delayed', version: 1, data: { leg, reason } }],
          });
        }
        const [grant] = await tx.query<{ ageMs: number }>`
          SELECT (extract(epoch FROM now() - max(applied_at)) * 1000)::float8 AS "ageMs" FROM orders.saga_step
          WHERE order_id = ${orderId} AND step ~ '^authorise-payment' AND state = 'applied'`;
        return { renewInMs: Math.max(0, Math.round(renewMs - (grant?.ageMs ?? 0))) };
      });
    },
  };
}

async function fence(tx: Transaction, { orderId, reason, decision }: Unwinding, givenUp: boolean): Promise<void> {
  await tx.query`UPDATE orders.orders SET fenced = true WHERE id = ${orderId}`;
  if (givenUp) await writeEntry(tx, orderId, { step: steps.handOver, status: 'needs_attention' });
  const note = decision && (await readNote(tx, decision.noteId));
  await writeEntry(tx, orderId, {
    step: null,
    status: 'compensating',
    reason,
    actor: decision?.actor,
    note: decision && reason === 'screening_refused' ? staffRefused(note) : (note ?? reasons[reason].text),
    events: [{ topic: 'saga.compensate', version: 1, data: { reason } }],
  });
}

const staffRefused = (note?: string): string =>
  ['staff refused the order in a review', ...(note === undefined ? [] : [note])].join('; ');

/**
 * Tells whoever cancelled that it came to nothing, once: a cancel is accepted by a run that does not know of the capture,
 * where the workflow task was lost in which that was done.
 */
async function tellTooLate(tx: Transaction, { orderId, decision }: Unwinding): Promise<void> {
  if (decision === undefined) return;
  const told = await tx.query`
    SELECT FROM events.message WHERE order_id = ${orderId} AND template = ${NOT_CANCELLED} LIMIT 1`;
  if (told.length > 0) return;
  const note = await readNote(tx, decision.noteId);
  await writeEntry(tx, orderId, {
    step: null,
    actor: decision.actor,
    note: ['the cancel came too late, the payment was captured before', ...(note === undefined ? [] : [note])].join(
      '; ',
    ),
    messages: [NOT_CANCELLED],
  });
}

const NOT_CANCELLED = 'order-not-cancelled' satisfies MessageTemplate;

/**
 * Whether more was done than the run knows of, by a workflow task that was lost with its worker: a step is applied that
 * is not known; or the order was cancelled when all that the run knows was done, or undone again, and the next step may
 * have been begun.
 */
async function wentFurther(
  tx: Transaction,
  { orderId, decision, known }: Unwinding,
  status: OrderStatus,
): Promise<boolean> {
  if (known === undefined) return false;
  const rows = await tx.query<{ step: string; state: string }>`
    SELECT step, state FROM orders.saga_step
    WHERE order_id = ${orderId} AND step ~ '^(reserve-stock|authorise-payment|pack/|book/|drop/)'`;
  const isDrop = (step: string) => step.startsWith('drop/');
  const applied = rows.filter(({ step, state }) => state === 'applied' && !isDrop(step)).map(({ step }) => step);
  if (applied.some((step) => !known.includes(step))) return true;
  const between = decision !== undefined && BETWEEN_STEPS.includes(status) && applied.length > 0;
  const begun = new Set(rows.map(({ step }) => step));
  // A step of a parcel that was dropped since may not have been reached.
  return between && known.every((step) => begun.has(step) || begun.has(step.replace(/^(pack|book)\//, 'drop/')));
}

async function isCaptured(tx: Transaction, orderId: string): Promise<boolean> {
  const rows = await tx.query`
    SELECT FROM orders.saga_step WHERE order_id = ${orderId} AND step = ${steps.capture} AND state = 'applied'`;
  return rows.length > 0;
}

const behind = (orderId: string, leg: number): ApplicationFailure =>
  ApplicationFailure.create({
    type: failureTypes.fenced,
    message: `leg ${leg} of ${orderId} is not ended, since the order was captured`,
    nonRetryable: true,
    details: [{ behind: 'step' }],
  });

/** The statuses in which an order goes on by itself from one step with an undo to the next. */
const BETWEEN_STEPS: readonly OrderStatus[] = ['reserved', 'authorised', 'packed', 'compensating'];

async function rest(tx: Transaction, orderId: string, reason: Reason): Promise<void> {
  const { status } = reasons[reason];
  await writeEntry(tx, orderId, {
    step: null,
    status,
    reason,
    messages: [MESSAGES[status]],
    events: [{ topic: 'orders.undone', version: 1, data: { status, reason } }],
  });
}

/**
 * Whether a person gave the hand-over of a captured order up, which is undone only by way of `needs_attention`. Its status
 * may have gone back since, where another step got stuck and freed itself.
 */
const isGivenUp = (status: OrderStatus, reason: Reason): boolean =>
  reason === 'not_handed_over' && mayMove(status, 'needs_attention');

interface EndedLeg {
  orderId: string;
  leg: number;
  reason: Reason;
  /** How old an authorisation may grow. */
  renewMs: number;
}
