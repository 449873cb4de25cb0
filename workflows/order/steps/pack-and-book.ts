import { CancellationScope } from '@temporalio/workflow';
import type { LegParcel, ParcelAttempts } from '../../../contracts/workflow/order';
import type { ParcelStatus } from '../../../domain/order-status';
import { StepFailed } from '../../step/step';
import { goods } from '../headline';
import type { DueStep } from '../in-turn';
import type { Order } from '../order';
import { dropParcels } from './drop-parcels';

/**
 * Packs each parcel of the leg and books a carrier for it, side by side. An order that ships what it can drops the parcels
 * that failed, unless all did.
 */
export const packAndBook: DueStep = (order) => {
  const parcels = order.legParcels;
  if (parcels.length > 0 && parcels.every(({ status }) => status === 'booked')) return undefined;
  const { leg } = order.now;
  return {
    says: 'Pack the parcels and book their carriers',
    call: { activity: 'packAndBook', input: { ...order.ref({ leg }), ...attemptsOf(order) } },
    take: (first) => packAndBookAll(order, first && 'result' in first ? (first.result as ParcelAttempts[]) : []),
  };
};

const attemptsOf = ({ input: { policy } }: Order) => ({ carrierAttempts: policy.carrierAttempts });

async function packAndBookAll(order: Order, attempts: readonly ParcelAttempts[]): Promise<void> {
  const parcels = order.legParcels.filter(({ status }) => status !== 'booked');
  const one = (parcel: LegParcel) =>
    packAndBookOne(
      order,
      parcel,
      attempts.find((each) => each.parcel === parcel.parcel),
    );
  if (!order.input.shipAvailable) return allOrNone(parcels.map((parcel) => () => one(parcel)));
  const failed: { parcel: LegParcel; error: StepFailed }[] = [];
  await Promise.all(
    parcels.map(async (parcel) => {
      try {
        await one(parcel);
      } catch (error) {
        if (!(error instanceof StepFailed)) throw error;
        failed.push({ parcel, error });
      }
    }),
  );
  const [first] = failed;
  if (first === undefined) return;
  if (failed.length === order.legParcels.length) {
    throw (failed.find(({ error }) => error.id.kind === 'book') ?? first).error;
  }
  await dropParcels(
    order,
    failed.map(({ parcel }) => parcel),
  );
}

/** The first that fails cancels what is under way of the others. */
async function allOrNone(runs: readonly (() => Promise<void>)[]): Promise<void> {
  const others = new CancellationScope({ cancellable: true });
  try {
    await others.run(() => Promise.all(runs.map((run) => run())));
  } catch (error) {
    others.cancel();
    throw error;
  }
}

async function packAndBookOne(order: Order, parcel: LegParcel, attempts?: ParcelAttempts): Promise<void> {
  if (parcel.status === 'allocated') {
    await order.take(packing(order, parcel), { first: attempts?.pack });
    become(order, parcel, 'packed');
  }
  await order.take(booking(order, parcel), {
    first: attempts?.book,
    outcome: ({ carrier, trackingNumber }) => `${carrier} ${trackingNumber}`,
  });
  become(order, parcel, 'booked');
}

function packing(order: Order, { leg, parcel, lines, warehouse }: LegParcel) {
  const id = { kind: 'pack', leg, parcel } as const;
  return {
    id,
    says: `Pack ${goods(lines)} in ${warehouse}`,
    run: ['packParcel', order.ref(id)],
    undo: ['returnToShelf', order.ref(id)],
  } as const;
}

function booking(order: Order, { leg, parcel, warehouse }: LegParcel) {
  const id = { kind: 'book', leg, parcel } as const;
  return {
    id,
    says: `Book a carrier for the parcel in ${warehouse}`,
    run: ['bookCarrier', { ...order.ref(id), ...attemptsOf(order) }],
    undo: ['cancelBooking', order.ref(id)],
  } as const;
}

/** The order is packed when the last parcel of its leg is. */
function become(order: Order, { leg, parcel }: LegParcel, status: ParcelStatus): void {
  const is = (each: LegParcel) => each.leg === leg && each.parcel === parcel;
  order.changed({ parcels: order.now.parcels.map((each) => (is(each) ? { ...each, status } : each)) });
  if (order.legParcels.every((each) => each.status !== 'allocated')) order.moved('packed');
}
