import { ApplicationFailure, CancellationScope } from '@temporalio/workflow';
import type { FulfilOrderInput, FulfilOrderResult } from '../contracts/saga';
import { failureTypes, reasons, type Reason } from '../contracts/failures';
import { isAtRest } from '../domain/order-status';
import { causeOf, failureTypeOf } from './activity-proxies';
import { deliver } from './deliver';
import { Fulfilment } from './fulfilment';

/**
 * Takes one accepted order to its delivery, or puts everything back: one workflow from acceptance to rest.
 *
 * Forward: validate → reserve stock → authorise payment → for each parcel, side by side: pack, then book a carrier →
 * capture, the pivot → hand over → follow the carriers' scans. A refusal, or a fault that outlives the order's patience,
 * before the pivot unwinds. Every business outcome completes the run.
 */
export async function fulfilOrder(input: FulfilOrderInput): Promise<FulfilOrderResult> {
  return CancellationScope.nonCancellable(async () => {
    const fulfilment = new Fulfilment(input);
    const result = await fulfilment.watched(() =>
      input.recover ? takeUpAgain(fulfilment) : toPivotOrBack(fulfilment),
    );
    if (result !== undefined) return result;
    await deliver(fulfilment);
    await fulfilment.settled();
    return { status: 'delivered', reason: null };
  });
}

/** Resolves with nothing when the parcels are handed over, or with the outcome of an order that was undone. */
async function toPivotOrBack(fulfilment: Fulfilment): Promise<FulfilOrderResult | undefined> {
  try {
    await fulfilment.saga.forward(() => forward(fulfilment));
  } catch (error) {
    if (failureTypeOf(error) === failureTypes.fenced) return undoFurther(fulfilment);
    const reason = reasonToUnwind(error);
    if (reason === undefined) throw new Error('a step failed in a way that no rule foresees', { cause: error });
    await fulfilment.beginUnwinding(reason);
    return undo(fulfilment, reason);
  }
  await fulfilment.handOver();
  return undefined;
}

/**
 * Takes up an order whose run was stopped from outside. Captured, it goes on, since every step that it took returns what
 * the ledger stored; otherwise every step that it could have taken is undone.
 */
async function takeUpAgain(fulfilment: Fulfilment): Promise<FulfilOrderResult | undefined> {
  const { status, reason, captured } = await fulfilment.takeUpAgain();
  if (isAtRest(status)) return { status, reason };
  if (captured) return toPivotOrBack(fulfilment);
  if (!(await fulfilment.beginUnwinding(reason ?? 'interrupted'))) return toPivotOrBack(fulfilment);
  return undoFurther(fulfilment);
}

/**
 * Undoes an order whose fence stands already: an earlier run began to, or an earlier try of this workflow task, which was
 * lost with its worker before the server heard of it.
 */
async function undoFurther(fulfilment: Fulfilment): Promise<FulfilOrderResult> {
  const { status, reason } = await fulfilment.takeUpAgain();
  if (isAtRest(status)) return { status, reason };
  const why = reason ?? 'interrupted';
  fulfilment.progress.moved('compensating', { reason: why, searchable: true });
  fulfilment.assumeAllSteps();
  return undo(fulfilment, why);
}

async function forward(fulfilment: Fulfilment): Promise<void> {
  await fulfilment.validate();
  const parcels = await fulfilment.reserveStock();
  await fulfilment.authorisePayment();
  await Promise.all(
    parcels.map(async (parcel) => {
      await fulfilment.pack(parcel);
      await fulfilment.book(parcel);
    }),
  );
  fulfilment.progress.moved('packed');
  await fulfilment.capture();
}

async function undo(fulfilment: Fulfilment, reason: Reason): Promise<FulfilOrderResult> {
  await fulfilment.saga.unwind();
  await fulfilment.finishUnwinding(reason);
  await fulfilment.settled();
  return { status: reasons[reason].status, reason };
}

/**
 * The reason that a refusal or an outlived fault carries. Undefined for anything else, which is a bug of ours: thrown on
 * as a plain error it fails the workflow task, not the workflow, so that a mended deploy resumes the order.
 */
function reasonToUnwind(error: unknown): Reason | undefined {
  const cause = causeOf(error);
  if (!(cause instanceof ApplicationFailure)) return undefined;
  if (cause.type !== failureTypes.refused && cause.type !== failureTypes.unavailable) return undefined;
  return (cause.details?.[0] as { reason: Reason } | undefined)?.reason;
}
