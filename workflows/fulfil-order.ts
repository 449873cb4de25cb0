import { ApplicationFailure, CancellationScope } from '@temporalio/workflow';
import type { FulfilOrderInput, FulfilOrderResult } from '../contracts/saga';
import { failureTypes, reasons, type Reason } from '../contracts/failures';
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
    const result = await fulfilment.watched(() => toPivotOrBack(fulfilment));
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
    const reason = reasonToUnwind(error);
    if (reason === undefined) throw new Error('a step failed in a way that no rule foresees', { cause: error });
    return unwind(fulfilment, reason);
  }
  await fulfilment.handOver();
  return undefined;
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

async function unwind(fulfilment: Fulfilment, reason: Reason): Promise<FulfilOrderResult> {
  await fulfilment.beginUnwinding(reason);
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
  const cause = error instanceof Error && error.cause instanceof ApplicationFailure ? error.cause : error;
  if (!(cause instanceof ApplicationFailure)) return undefined;
  if (cause.type !== failureTypes.refused && cause.type !== failureTypes.unavailable) return undefined;
  return (cause.details?.[0] as { reason: Reason } | undefined)?.reason;
}
