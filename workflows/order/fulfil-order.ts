import { allHandlersFinished, CancellationScope, condition } from '@temporalio/workflow';
import type { FulfilOrderInput, FulfilOrderResult } from '../../contracts/workflow/order';
import { failureTypes, reasons } from '../../contracts/failures';
import { isAtRest } from '../../domain/order-status';
import { failureTypeOf, isBehind } from '../sdk/failures';
import { Fulfilment, type NextStep } from './order';
import { packAndBook, packing, reserveForLeg, tryAgainLater } from './legs';
import { deliver } from './deliver';
import { handOver, handingOver, refund, refundWhatWasGivenUp } from './hand-over';
import { authorisePayment, validate } from './prepare';
import { Unwind, unwindFor } from './unwind';

/**
 * Takes one accepted order to its delivery, or puts everything back: one workflow from acceptance to rest.
 *
 * Forward: validate → reserve stock → authorise payment → for each parcel, side by side: pack, then book a carrier →
 * capture, the pivot → hand over → follow the carriers' scans. A refusal, a fault that outlives the order's patience, a
 * deadline or a cancel before the pivot unwinds. Every business outcome completes the run.
 */
export async function fulfilOrder(input: FulfilOrderInput): Promise<FulfilOrderResult> {
  const root = CancellationScope.current();
  return CancellationScope.nonCancellable(async () => {
    const fulfilment = new Fulfilment(input, root);
    const undone = input.recover ? await takeUpAgain(fulfilment) : await toPivotOrBack(fulfilment);
    const result = undone ?? (await fromPivot(fulfilment));
    await fulfilment.settled();
    await condition(allHandlersFinished);
    return result;
  });
}

/** Resolves with nothing when the payment is captured, or with the outcome of an order that was undone. */
async function toPivotOrBack(fulfilment: Fulfilment): Promise<FulfilOrderResult | undefined> {
  const { decisions, saga } = fulfilment;
  try {
    await saga.forward(decisions.forwardScope, () => toPacked(fulfilment));
    decisions.throwIfCancelled();
    decisions.tooLate();
    await fulfilment.capture({ call: handingOver(fulfilment) });
    return undefined;
  } catch (error) {
    if (isBehind(error)) return takeUpAgain(fulfilment);
    if (failureTypeOf(error) === failureTypes.fenced) return undoFurther(fulfilment);
    const unwind = decisions.unwindCancelled() ?? unwindFor(error);
    if (unwind === undefined) throw new Error('a step failed in a way that no rule foresees', { cause: error });
    decisions.undoing();
    const begun = await fulfilment.beginUnwinding(unwind);
    if (begun === 'further') return undoFurther(fulfilment);
    return begun ? undo(fulfilment, unwind) : takeUpAgain(fulfilment, unwind);
  }
}

async function toPacked(fulfilment: Fulfilment): Promise<void> {
  await validate(fulfilment);
  let over = await reserveForLeg(fulfilment);
  await authorisePayment(fulfilment, over ? undefined : packingOfOnly(fulfilment));
  for (;;) {
    const untaken = over ?? (await packAndBook(fulfilment));
    if (untaken === undefined) break;
    await tryAgainLater(fulfilment, untaken);
    over = await reserveForLeg(fulfilment);
  }
  fulfilment.progress.moved('packed');
}

/** The packing of the leg's parcel, where there is but one: several are packed side by side. */
function packingOfOnly(fulfilment: Fulfilment): NextStep | undefined {
  const [parcel, ...others] = fulfilment.legParcels;
  return parcel === undefined || others.length > 0 ? undefined : packing(fulfilment, parcel);
}

/** Takes a captured order to its delivery: it goes forward only, unless nothing of it can ship. */
async function fromPivot(fulfilment: Fulfilment): Promise<FulfilOrderResult> {
  fulfilment.decisions.tooLate();
  const unwind = await handOver(fulfilment);
  if (unwind !== undefined) return undo(fulfilment, unwind);
  await deliver(fulfilment);
  return { status: 'delivered', reason: null };
}

/**
 * Takes up an order whose run was stopped from outside, or lost a task. Captured, it goes on, since every step that it took
 * returns what the ledger stored; otherwise every step that it could have taken is undone.
 *
 * @param asked - why it was to be undone, where that was decided before it is known whether it still can be
 */
async function takeUpAgain(fulfilment: Fulfilment, asked?: Unwind): Promise<FulfilOrderResult | undefined> {
  fulfilment.decisions.takenUp();
  const standing = await fulfilment.takeUpAgain();
  const { status, reason, captured, captureBooked } = standing;
  if (isAtRest(status)) return fulfilment.cameToRest(status, reason);
  const unwind = reason === null ? (asked ?? new Unwind('interrupted')) : new Unwind(reason);
  if (captured && reason === 'not_handed_over') return undoFurther(fulfilment);
  if (!captured) fulfilment.assumeAllSteps({ captured });
  if (captured || !(await fulfilment.beginUnwinding(unwind))) {
    fulfilment.decisions.tooLate();
    if (!captureBooked) await fulfilment.capture();
    if (asked?.decision) await tellTooLate(fulfilment, asked);
    fulfilment.forgetAuthorisations();
    fulfilment.assumeAllSteps({ captured: true });
    fulfilment.undoWhatWasLetGo();
    await refundWhatWasGivenUp(fulfilment, standing);
    return undefined;
  }
  return undoFurther(fulfilment);
}

/** The books tell whoever cancelled, since they say now that the order is captured. */
async function tellTooLate(fulfilment: Fulfilment, asked: Unwind): Promise<void> {
  await fulfilment.beginUnwinding(asked);
  fulfilment.progress.tell('A cancel was accepted, and came too late: the payment had been captured');
  fulfilment.oweMessages();
}

/**
 * Undoes an order whose fence stands already: an earlier run began to, or an earlier try of this workflow task, which was
 * lost with its worker before the server heard of it.
 */
async function undoFurther(fulfilment: Fulfilment): Promise<FulfilOrderResult> {
  fulfilment.decisions.undoing();
  const { status, reason, captured } = await fulfilment.takeUpAgain();
  if (isAtRest(status)) return fulfilment.cameToRest(status, reason);
  const unwind = new Unwind(reason ?? 'interrupted');
  fulfilment.progress.moved('compensating', { reason: unwind.reason, searchable: true });
  if (captured) fulfilment.forgetAuthorisations();
  fulfilment.assumeAllSteps({ captured });
  return undo(fulfilment, unwind);
}

async function undo(fulfilment: Fulfilment, { reason, decision }: Unwind): Promise<FulfilOrderResult> {
  const refunded = reason === 'not_handed_over' && refund(fulfilment, 'rest', fulfilment.grand, decision?.actor);
  await Promise.all([fulfilment.saga.unwind(), refunded]);
  await fulfilment.finishUnwinding(reason);
  return { status: reasons[reason].status, reason };
}
