import type { Attempt, Reservation } from '../../../contracts/workflow/order';
import { StepFailed } from '../../step/step';
import { Stopped } from '../decisions';
import { goods } from '../headline';
import { turnOf } from '../../step/turn';
import type { DueStep } from '../in-turn';
import type { Order } from '../order';

type Shortfall = 'refuse' | 'drop';

/**
 * Reserves stock for the leg. In the first leg a back-ordered order waits for what there is not. An order that ships what
 * is available drops it, at once or when the wait is over.
 */
export const reserveStock: DueStep = (order) => {
  if (order.legParcels.length > 0) return undefined;
  const mayWait = order.input.backorder === true && order.now.leg === 1;
  const drops = order.input.shipAvailable === true && !mayWait;
  const step = reservation(order, drops ? 'drop' : 'refuse');
  return turnOf(step, async (first) => {
    try {
      await reserve(order, step, first);
    } catch (error) {
      if (!mayWait || !isOutOfStock(error)) throw error;
      await awaitStock(order);
    }
  });
};

function reservation(order: Order, shortfall: Shortfall) {
  const id = { kind: 'reserve-stock', leg: order.now.leg } as const;
  return {
    id,
    says: `Reserve ${goods(order.input.lines)}`,
    run: ['reserveStock', { ...order.ref(id), shortfall }],
    undo: ['releaseStock', order.ref(id)],
  } as const;
}

async function reserve(
  order: Order,
  step: ReturnType<typeof reservation>,
  first?: Attempt<Reservation>,
): Promise<void> {
  const { parcels, dropped, grand } = await order.take(step, { first, outcome: told });
  const { leg } = step.id;
  const added = parcels.map((parcel) => ({ ...parcel, leg, status: 'allocated' as const }));
  order.changed({ parcels: [...order.now.parcels, ...added] });
  if (dropped.length > 0) order.dropped(dropped, 'there is no stock', grand);
  order.moved(leg === 1 ? 'reserved' : 'authorised');
}

const told = ({ parcels }: Reservation): string =>
  parcels.map(({ warehouse, lines }) => `${goods(lines)} in ${warehouse}`).join(', ');

/** Waits for stock until the deadline; the books have news when it arrives. Then what stock there is decides. */
async function awaitStock(order: Order): Promise<void> {
  const says = 'Record that the order waits for stock';
  const { remainingMs } = await order.take({ id: { kind: 'await-stock' }, says, run: ['awaitStock', order.ref()] });
  order.moved('awaiting_stock');
  if (remainingMs > 0) await order.wait(() => false, { ms: remainingMs, says: 'Wait for stock until the deadline' });
  try {
    await reserve(order, reservation(order, order.input.shipAvailable ? 'drop' : 'refuse'));
  } catch (error) {
    throw isOutOfStock(error) ? new Stopped('backorder_expired') : error;
  }
}

const isOutOfStock = (error: unknown): boolean => error instanceof StepFailed && error.reason === 'out_of_stock';
