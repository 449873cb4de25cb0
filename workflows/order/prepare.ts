import { condition } from '@temporalio/workflow';
import type { Reservation } from '../../contracts/workflow/order';
import { format } from '../../domain/money';
import { steps } from '../../domain/steps';
import { goods, type Fulfilment, type NextStep } from './order';
import { reasonOf, Unwind } from './unwind';

type Shortfall = 'refuse' | 'drop';

/** Checks the order and has it screened; where screening holds it, waits for staff's decision. */
export async function validate(fulfilment: Fulfilment): Promise<void> {
  const summary = 'Check the order against the catalogue and screen it';
  const next = { ...reserving(fulfilment, shortfallOf(fulfilment)), when: { verdict: 'passed' } };
  const screened = await fulfilment.step(steps.validate, summary, 'validateOrder', fulfilment.order(), { next });
  if (screened.verdict === 'review') await awaitReview(fulfilment);
  fulfilment.progress.moved('validated');
}

async function awaitReview(fulfilment: Fulfilment): Promise<void> {
  const { decisions, policy, progress } = fulfilment;
  progress.moved('in_review', { searchable: true });
  decisions.reviewDue = true;
  await condition(() => decisions.review !== undefined, policy.reviewMs);
  const { review } = decisions;
  decisions.reviewDue = false;
  if (review === undefined) throw new Unwind('review_expired');
  const { actor, noteId } = review;
  if (review.decision === 'reject') {
    progress.tell('Staff refused the order in a review');
    throw new Unwind('screening_refused', review);
  }
  const input = { orderId: fulfilment.input.orderId, actor, noteId };
  await fulfilment.step(steps.review, 'Write that staff approved the order', 'approveReview', input);
}

/**
 * Reserves stock for the leg. In the first, a back-ordered order waits for what there is not; an order that ships what
 * is available drops it, at once or when the wait is over.
 */
export async function reserveStock(fulfilment: Fulfilment): Promise<void> {
  const { shipAvailable, backorder } = fulfilment.input;
  if (!backorder || fulfilment.leg > 1) {
    await reserve(fulfilment, shortfallOf(fulfilment));
    return;
  }
  for (;;) {
    try {
      await reserve(fulfilment, 'refuse');
      return;
    } catch (error) {
      if (reasonOf(error) !== 'out_of_stock') throw error;
    }
    if (!(await stockCame(fulfilment))) break;
  }
  await reserveAtLast(fulfilment, shipAvailable ? 'drop' : 'refuse');
}

/** The wait is over: what stock there is now decides. */
async function reserveAtLast(fulfilment: Fulfilment, shortfall: Shortfall): Promise<void> {
  try {
    await reserve(fulfilment, shortfall);
  } catch (error) {
    throw reasonOf(error) === 'out_of_stock' ? new Unwind('backorder_expired') : error;
  }
}

/** Waits for stock until the order's deadline; resolves to whether any came. */
async function stockCame(fulfilment: Fulfilment): Promise<boolean> {
  const { decisions, input, progress } = fulfilment;
  const before = decisions.arrivals;
  const summary = 'Wait for stock until the deadline';
  const { remainingMs } = await fulfilment.step('await-stock', summary, 'awaitStock', { orderId: input.orderId });
  progress.moved('awaiting_stock', { searchable: true });
  fulfilment.sendMessages();
  return remainingMs > 0 && condition(() => decisions.arrivals > before, remainingMs);
}

/** What becomes at first of units that cannot be had. */
function shortfallOf({ input, leg }: Fulfilment): Shortfall {
  const waits = input.backorder === true && leg === 1;
  return input.shipAvailable === true && !waits ? 'drop' : 'refuse';
}

/** The reservation of the leg's stock. */
function reserving(fulfilment: Fulfilment, shortfall: Shortfall) {
  const { leg } = fulfilment;
  const step = steps.reserveStock(leg);
  const input = { ...fulfilment.order(), leg, shortfall };
  return {
    call: { step, summary: `Reserve ${goods(fulfilment.input.lines)}`, activity: 'reserveStock', input },
    undo: { step, kind: 'reserve stock', leg },
  } as const;
}

async function reserve(fulfilment: Fulfilment, shortfall: Shortfall): Promise<void> {
  const { leg } = fulfilment;
  const { call, undo } = reserving(fulfilment, shortfall);
  const { parcels, dropped, grand } = await fulfilment.step(call.step, call.summary, 'reserveStock', call.input, {
    undo,
    outcome: toldOf,
  });
  fulfilment.parcels.push(...parcels.map((parcel) => ({ ...parcel, leg, status: 'allocated' as const })));
  if (dropped.length > 0) {
    fulfilment.grand = grand;
    fulfilment.progress.tell(`Dropped, since there is no stock: ${goods(dropped)}; now ${format(grand)}`);
    fulfilment.oweMessages();
  }
  fulfilment.progress.moved(leg === 1 ? 'reserved' : 'authorised');
}

const toldOf = ({ parcels }: Reservation): string =>
  parcels.map(({ warehouse, lines }) => `${goods(lines)} in ${warehouse}`).join(', ');

/**
 * Holds the customer's money: the first time, or anew before an authorisation lapses. Refused: `payment_declined`.
 *
 * @param next - what follows at once
 */
export async function authorisePayment(fulfilment: Fulfilment, next?: NextStep): Promise<void> {
  const grant = fulfilment.grants + 1;
  fulfilment.grants = grant;
  const step = steps.authorisePayment(grant);
  const { grand: amount } = fulfilment;
  const undo = { step, kind: 'authorise payment', grant } as const;
  const input = { ...fulfilment.order(), grant, amount };
  const summary = `Authorise ${format(amount)}`;
  await fulfilment.step(step, summary, 'authorisePayment', input, { undo, ...(next && { next }) });
  if (grant === 1) fulfilment.progress.moved('authorised');
  fulfilment.oweMessages();
}

/** Authorises anew and lets go of the older authorisation. Throws Unwind where it is declined: then it lapses. */
export async function renewAuthorisation(fulfilment: Fulfilment): Promise<void> {
  const old = fulfilment.grants;
  try {
    await authorisePayment(fulfilment);
  } catch (error) {
    throw reasonOf(error) === 'payment_declined' ? new Unwind('authorisation_lapsed') : error;
  }
  fulfilment.undoBeside(() => fulfilment.saga.undo(({ grant }) => grant === old));
}
