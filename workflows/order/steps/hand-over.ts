import type { LegParcel } from '../../../contracts/workflow/order';
import type { StuckResolution } from '../../../contracts/workflow/decisions';
import { refundOfUnshipped } from '../../../domain/step-kinds';
import { StepGivenUp } from '../../step/step';
import { Stopped } from '../decisions';
import { turnOf } from '../../step/turn';
import type { DueStep } from '../in-turn';
import type { Order } from '../order';
import { dropParcels } from './drop-parcels';
import { refund } from './refund';

/** Hands the parcels over to their carriers. If it is stuck, a person may refund what cannot ship; then the rest ships. */
export const handOver: DueStep = (order) => {
  if (order.now.status === 'shipped') return undefined;
  const { leg } = order.now;
  const count = order.legParcels.length;
  const step = {
    id: { kind: 'hand-over' },
    says: `Hand ${count === 1 ? 'the parcel' : `${count} parcels`} over to the carrier`,
    run: ['handOver', order.ref({ leg })],
    mustSucceed: true,
  } as const;
  return turnOf(step, async (first) => {
    try {
      await order.take(step, { first });
      order.moved('shipped');
    } catch (error) {
      if (!(error instanceof StepGivenUp)) throw error;
      await refundWhatCannotShip(order, error.resolution);
    }
  });
};

async function refundWhatCannotShip(order: Order, resolution: StuckResolution): Promise<void> {
  const left = await parcelsLeft(order);
  if (left.length === order.legParcels.length) throw new Stopped('not_handed_over', resolution);
  const captured = order.now.grand.amount;
  await dropParcels(order, left);
  const amount = { ...order.now.grand, amount: captured - order.now.grand.amount };
  await refund(order, {
    step: refundOfUnshipped(left.map(({ parcel }) => parcel)),
    amount,
    decidedBy: resolution.actor,
  });
}

/** The parcels that no carrier has, nor will have. */
async function parcelsLeft(order: Order): Promise<LegParcel[]> {
  const names = await order.take({
    id: { kind: 'give-up-hand-over' },
    says: 'Ask the carriers which parcels they have, and cancel the others',
    run: ['giveUpHandOver', order.ref({ leg: order.now.leg })],
    mustSucceed: true,
  });
  return order.legParcels.filter(({ parcel }) => names.includes(parcel));
}
