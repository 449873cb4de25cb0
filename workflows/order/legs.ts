import { CancellationScope, sleep } from '@temporalio/workflow';
import type { Reason } from '../../contracts/failures';
import type { LegParcel } from '../../contracts/workflow/order';
import { format } from '../../domain/money';
import { steps } from '../../domain/steps';
import { goods, type Fulfilment } from './order';
import { isBehind } from '../sdk/failures';
import { renewAuthorisation, reserveStock } from './prepare';
import { reasonOf } from './unwind';

/** Why no carrier has the leg's parcels: they refused, or could not be reached. */
export interface Untaken {
  reason: Reason;
  /** What the order is undone with when it is not tried again. */
  error: unknown;
}

/** A parcel that did not get packed and booked. */
interface Failed extends Untaken {
  parcel: LegParcel;
  at: 'pack' | 'book';
}

/**
 * Packs each parcel of the leg and books a carrier for it, side by side. An order that ships what it can drops the
 * parcels that failed, where any did not.
 *
 * Resolves with nothing where what is left is booked, or with why no carrier takes it. Throws the warehouse's refusal.
 */
export async function packAndBook(fulfilment: Fulfilment): Promise<Untaken | undefined> {
  const parcels = fulfilment.legParcels;
  const failed = fulfilment.input.shipAvailable
    ? (await Promise.all(parcels.map((parcel) => packAndBookOne(fulfilment, parcel)))).flatMap((each) => each ?? [])
    : await firstFailure(fulfilment, parcels);
  const [first] = failed;
  if (first === undefined) return undefined;
  if (fulfilment.input.shipAvailable && failed.length < parcels.length) {
    await dropParcels(
      fulfilment,
      failed.map(({ parcel }) => parcel),
    );
    return undefined;
  }
  const untaken = failed.find(({ at }) => at === 'book');
  if (untaken === undefined) throw first.error;
  return untaken;
}

/** All parcels or none: the first that fails cancels what is under way of the others. */
async function firstFailure(fulfilment: Fulfilment, parcels: readonly LegParcel[]): Promise<Failed[]> {
  const others = new CancellationScope({ cancellable: true });
  return others.run(async () => {
    const all = parcels.map(async (parcel) => {
      const failed = await packAndBookOne(fulfilment, parcel);
      if (failed !== undefined) throw new FirstFailure(failed);
    });
    try {
      await Promise.all(all);
      return [];
    } catch (error) {
      others.cancel();
      if (error instanceof FirstFailure) return [error.failed];
      throw error;
    }
  });
}

class FirstFailure extends Error {
  override readonly name = 'FirstFailure';

  constructor(readonly failed: Failed) {
    super(`the parcel in ${failed.parcel.warehouse} failed`);
  }
}

async function packAndBookOne(fulfilment: Fulfilment, parcel: LegParcel): Promise<Failed | undefined> {
  let at: Failed['at'] = 'pack';
  try {
    await pack(fulfilment, parcel);
    at = 'book';
    await book(fulfilment, parcel);
    return undefined;
  } catch (error) {
    if (isBehind(error)) return { parcel, ...over(error), at: 'book' };
    const reason = reasonOf(error);
    if (reason === undefined) throw error;
    return { parcel, at, reason, error };
  }
}

/** The leg, or a parcel of it, was given up by an earlier try of this task: it is given up again, as the books say. */
const over = (error: unknown): Untaken => ({ reason: 'no_carrier', error });

/** Reserves stock for the leg; resolves with why there is nothing to pack, where an earlier try has ended the leg. */
export async function reserveForLeg(fulfilment: Fulfilment): Promise<Untaken | undefined> {
  try {
    await reserveStock(fulfilment);
    return undefined;
  } catch (error) {
    if (!isBehind(error)) throw error;
    return over(error);
  }
}

async function pack(fulfilment: Fulfilment, parcel: LegParcel): Promise<void> {
  const { call, undo, next } = packing(fulfilment, parcel);
  await fulfilment.step(call.step, call.summary, 'packParcel', call.input, { undo, next });
}

/** The packing of a parcel, and its booking. */
export function packing(fulfilment: Fulfilment, parcel: LegParcel) {
  const { lines, warehouse, leg } = parcel;
  const step = steps.pack(parcel.parcel, leg);
  const input = { ...fulfilment.parcel(parcel), lines };
  return {
    call: { step, summary: `Pack ${goods(lines)} in ${warehouse}`, activity: 'packParcel', input },
    undo: { step, kind: 'pack parcel', leg, parcel: parcel.parcel },
    next: booking(fulfilment, parcel),
  } as const;
}

function booking(fulfilment: Fulfilment, parcel: LegParcel) {
  const { warehouse, leg } = parcel;
  const step = steps.book(parcel.parcel, leg);
  const input = { ...fulfilment.parcel(parcel), carrierAttempts: fulfilment.policy.carrierAttempts };
  const summary = `Book a carrier for the parcel in ${warehouse}`;
  return {
    call: { step, summary, activity: 'bookCarrier', input },
    undo: { step, kind: 'book carrier', leg, parcel: parcel.parcel },
  } as const;
}

async function book(fulfilment: Fulfilment, parcel: LegParcel): Promise<void> {
  const { call, undo } = booking(fulfilment, parcel);
  const { givenUp } = await fulfilment.step(call.step, call.summary, 'bookCarrier', call.input, {
    undo,
    outcome: ({ carrier, trackingNumber }) => `${carrier} ${trackingNumber}`,
  });
  if (givenUp.length > 0) fulfilment.undoBeside(() => fulfilment.cancelGivenUp(parcel, givenUp));
}

/** Takes parcels out of the order: undone, released, priced anew. */
export async function dropParcels(fulfilment: Fulfilment, parcels: readonly LegParcel[]): Promise<void> {
  await CancellationScope.nonCancellable(() =>
    fulfilment.saga.undo(
      ({ leg, parcel: name }) => name !== undefined && parcels.some((each) => each.parcel === name && each.leg === leg),
    ),
  );
  for (const parcel of parcels) {
    const step = steps.drop(parcel.parcel, parcel.leg);
    const summary = `Take the parcel in ${parcel.warehouse} out of the order`;
    const { dropped, grand } = await fulfilment.step(step, summary, 'dropParcel', fulfilment.parcel(parcel));
    fulfilment.grand = grand;
    fulfilment.parcels = fulfilment.parcels.filter((each) => each !== parcel);
    fulfilment.progress.tell(`Dropped, since it cannot ship: ${goods(dropped)}; now ${format(grand)}`);
    fulfilment.oweMessages();
  }
}

/**
 * Puts the leg's goods back, waits and begins the next leg, with the authorisation kept, renewed before it lapses.
 * Throws `untaken.error` where the order was tried again often enough.
 */
export async function tryAgainLater(fulfilment: Fulfilment, { reason, error }: Untaken): Promise<void> {
  const { leg, policy, progress, saga } = fulfilment;
  if (leg > policy.carrierRetries) throw error;
  const input = { orderId: fulfilment.input.orderId, leg, reason, renewMs: policy.authorisationRenewMs };
  const summary = 'End this try: put the goods back and tell the customer of the delay';
  const { renewInMs } = await fulfilment.step(`end-leg#${leg}`, summary, 'beginRetry', input);
  progress.moved('pending_retry', { searchable: true });
  fulfilment.sendMessages();
  await CancellationScope.nonCancellable(() => saga.unwindGoods());
  await waitForCarriers(fulfilment, renewInMs);
  fulfilment.leg = leg + 1;
}

async function waitForCarriers(fulfilment: Fulfilment, renewInMs: number): Promise<void> {
  const { authorisationRenewMs, carrierRetryMs } = fulfilment.policy;
  let renewIn = renewInMs;
  let left = carrierRetryMs;
  while (left > 0) {
    if (renewIn === 0) {
      await renewAuthorisation(fulfilment);
      renewIn = authorisationRenewMs;
    }
    const nap = Math.min(left, renewIn);
    await sleep(nap, { summary: 'Wait before carriers are asked again' });
    left -= nap;
    renewIn -= nap;
  }
}
