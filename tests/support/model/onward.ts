import { PartyRefused } from '../../../adapters/ports';
import { steps } from '../../../domain/steps';
import { lineOf, type Input } from './forward';
import type { World } from './world';

/** The steps after the pivot, what takes parcels out of the order, and messages. */
export function onwardActivities(world: World) {
  const { books, parties } = world;
  const ofLeg = (leg: number) => books.parcels.filter((each) => each.leg === leg);
  const bookedOf = (leg: number) => ofLeg(leg).filter(({ status }) => status === 'booked');
  const labelOf = ({ parcel, leg }: { parcel: string; leg: number }) => steps.book(parcel, leg);

  return {
    handOver: ({ leg }: Input) =>
      world.call('handOver', 0, async (meet) => {
        await books.apply({
          step: steps.handOver,
          request: String(leg),
          perform: async () => {
            const [first, ...others] = bookedOf(leg);
            try {
              await meet(() => [first, ...others].forEach((each) => each && parties.handOver(labelOf(each))));
            } catch (error) {
              // Of several, the first is on its way when the next one is refused.
              if (error instanceof PartyRefused && first && others.length > 0) parties.handOver(labelOf(first));
              throw error;
            }
          },
          record: () => {
            books.move('shipped');
            books.owe('order-shipped');
            for (const parcel of bookedOf(leg)) parcel.status = 'handed_over';
            return null;
          },
        });
        await scanAll(world);
      }),

    giveUpHandOver: ({ leg }: Input) =>
      world.call('giveUpHandOver', 0, async (meet) => {
        await meet();
        const left = ofLeg(leg).filter((each) => {
          if (each.status === 'booked') return cancelled(() => parties.cancel(labelOf(each)));
          return each.status === 'packed' || each.status === 'returned_to_shelf';
        });
        return left.map(({ parcel }) => parcel);
      }),

    refundPayment: ({ refund, amount }: Input) => {
      const step = steps.refund(refund);
      return world.call('refundPayment', 0, async (meet) => {
        // What a person wrote off is not asked for again.
        if (books.ledger.get(step)?.state === 'skipped') return null;
        return books.apply({
          step,
          beyondFence: true,
          request: String(amount.amount),
          perform: async () => {
            books.decided.set(refund, amount.amount);
            try {
              await meet(() => parties.refund(step, amount.amount), 'payment_declined');
            } catch (error) {
              if (!(error instanceof PartyRefused) || !parties.refunds.has(step)) throw error;
            }
          },
          record: () => null,
        });
      });
    },

    recordScan: ({ shipmentId }: Input) =>
      world.call('recordScan', 0, async (meet) => {
        await meet();
        const parcel = books.parcels.find((each) => each.shipmentId === shipmentId);
        if (parcel?.status !== 'handed_over') return;
        parcel.status = 'delivered';
        if (books.parcels.some(({ status }) => status === 'handed_over')) return;
        books.move('delivered');
        books.owe('order-delivered');
      }),

    dropParcel: ({ leg, parcel, shipmentId }: Input) =>
      world.call('dropParcel', 0, async (meet) => {
        const step = steps.drop(parcel, leg);
        const dropped = await books.apply({
          step,
          leg,
          request: shipmentId,
          perform: () => meet(),
          record: () => takeOut(world, { leg, parcel, step }),
        });
        return { dropped, grand: world.grand };
      }),

    sendMessages: () =>
      world.call('sendMessages', 0, async (meet) => {
        await meet();
        for (const key of books.messages.keys()) books.messages.set(key, true);
      }),
  };
}

/** Has the carriers scan as delivered what they have. */
export async function scanAll({ books, outside }: World): Promise<void> {
  const underWay = books.parcels.filter(({ status }) => status === 'handed_over');
  await Promise.all(underWay.map(({ shipmentId }) => outside.scan(shipmentId)));
}

function takeOut({ books }: World, { leg, parcel, step }: { leg: number; parcel: string; step: string }) {
  const found = books.parcels.find((each) => each.leg === leg && each.parcel === parcel);
  const isOnShelf = found?.status === 'allocated' || found?.status === 'returned_to_shelf';
  if (found === undefined || (!isOnShelf && books.ledger.get(steps.pack(parcel, leg))?.state !== 'skipped')) {
    throw new Error(`the parcel ${parcel} is not on its shelf`);
  }
  found.status = 'returned_to_shelf';
  books.release(leg, lineOf(parcel));
  books.drop(lineOf(parcel), step);
  const others = books.parcels.filter((each) => each.leg === leg && each !== found).map(({ status }) => status);
  const packed = others.some((status) => status === 'packed' || status === 'booked') && !others.includes('allocated');
  if (books.status === 'authorised' && packed) books.move('packed');
  return [{ sku: `SKU-${lineOf(parcel)}`, quantity: 1 }];
}

function cancelled(cancel: () => void): boolean {
  try {
    cancel();
    return true;
  } catch (error) {
    if (error instanceof PartyRefused) return false;
    throw error;
  }
}
