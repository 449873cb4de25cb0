import type { Actor, DueRefund, LegParcel, Standing } from '../../contracts/workflow/order';
import type { Money } from '../../contracts/http/money';
import { format } from '../../domain/money';
import { steps } from '../../domain/steps';
import type { Fulfilment } from './order';
import { dropParcels } from './legs';
import { GivenUp, PAST_PIVOT } from '../step/step-runner';
import { Unwind } from './unwind';

/** A refund must be done, or be written off. */
const REFUND = { ...PAST_PIVOT, actions: ['retry', 'skip'] } as const;
const REFUNDABLE = { ...PAST_PIVOT, actions: ['retry', 'refund'] } as const;

/**
 * Hands the parcels over to their carriers. Stuck, a person may have refunded what cannot ship: then the rest ships.
 *
 * Resolves with nothing when all that is left is handed over, or with why the order is undone, where nothing is left.
 */
export async function handOver(fulfilment: Fulfilment): Promise<Unwind | undefined> {
  for (;;) {
    try {
      await handOverParcels(fulfilment);
      return undefined;
    } catch (error) {
      if (!(error instanceof GivenUp)) throw error;
      const unwind = await refundWhatCannotShip(fulfilment, error);
      if (unwind !== undefined) return unwind;
    }
  }
}

/** The hand-over of the leg's parcels. */
export function handingOver(fulfilment: Fulfilment) {
  const { leg, legParcels } = fulfilment;
  const count = legParcels.length;
  const summary = `Hand ${count === 1 ? 'the parcel' : `${count} parcels`} over to the carrier`;
  return { step: steps.handOver, summary, activity: 'handOver', input: { ...fulfilment.order(), leg } } as const;
}

async function handOverParcels(fulfilment: Fulfilment): Promise<void> {
  const { step, summary, activity, input } = handingOver(fulfilment);
  await fulfilment.step(step, summary, activity, input, { manners: REFUNDABLE });
  fulfilment.progress.moved('shipped', { searchable: true });
  fulfilment.remind();
  fulfilment.sendMessages();
}

async function refundWhatCannotShip(fulfilment: Fulfilment, { resolution }: GivenUp): Promise<Unwind | undefined> {
  const captured = fulfilment.grand;
  const left = await parcelsLeft(fulfilment);
  if (left.length === fulfilment.legParcels.length) {
    const unwind = new Unwind('not_handed_over', resolution);
    await fulfilment.beginUnwinding(unwind);
    return unwind;
  }
  for (const parcel of left) fulfilment.assumeParcel(parcel);
  await dropParcels(fulfilment, left);
  const amount = { ...captured, amount: captured.amount - fulfilment.grand.amount };
  await refund(fulfilment, namesOf(left), amount, resolution.actor);
  return undefined;
}

/**
 * Finishes what an earlier run began: the refunds that were decided, and the parcels of a captured order that are back
 * on their shelf, or were on their way there, which are out of it.
 */
export async function refundWhatWasGivenUp(
  fulfilment: Fulfilment,
  { owed, dueRefunds = [] }: Pick<Standing, 'owed' | 'dueRefunds'>,
): Promise<void> {
  for (const due of dueRefunds) await refundAs(fulfilment, due);
  const back = fulfilment.legParcels.filter(({ status }) => status === 'returned_to_shelf' || status === 'packed');
  if (back.length === 0) return;
  const before = fulfilment.grand;
  await dropParcels(fulfilment, back);
  const amount = owed.amount + before.amount - fulfilment.grand.amount;
  await refund(fulfilment, namesOf(back), { ...owed, amount });
}

const namesOf = (parcels: readonly LegParcel[]): string => parcels.map(({ parcel }) => parcel).join('+');

/** The parcels that no carrier has, nor will have. */
async function parcelsLeft(fulfilment: Fulfilment): Promise<LegParcel[]> {
  const summary = 'Ask the carriers which parcels they have; cancel the others';
  const input = { ...fulfilment.order(), leg: fulfilment.leg };
  const names = await fulfilment.step('give-up-hand-over', summary, 'giveUpHandOver', input, { manners: PAST_PIVOT });
  return fulfilment.legParcels.filter(({ parcel }) => names.includes(parcel));
}

/**
 * Gives back money that was captured for what does not ship.
 *
 * @param what - the parcels by their names, or `rest` for all that is left
 * @param decidedBy - who decided it; left out where that is not known any more
 */
export async function refund(fulfilment: Fulfilment, what: string, amount: Money, decidedBy?: Actor): Promise<void> {
  if (amount.amount === 0) return;
  await refundAs(fulfilment, { refund: `not-shipped/${what}`, amount, ...(decidedBy && { decidedBy }) });
}

async function refundAs(
  fulfilment: Fulfilment,
  refund: Omit<DueRefund, 'decidedBy'> & Partial<DueRefund>,
): Promise<void> {
  const input = { ...fulfilment.order(), ...refund, cause: 'not_shipped' as const };
  const summary = `Refund ${format(refund.amount)}`;
  try {
    await fulfilment.step(steps.refund(refund.refund), summary, 'refundPayment', input, { manners: REFUND });
  } catch (error) {
    if (!(error instanceof GivenUp)) throw error;
    fulfilment.progress.tell(`Written off: ${format(refund.amount)} that the customer was to get back`);
  }
}
