import { PartyRefused } from '../../../adapters/ports';
import { steps } from '../../../domain/steps';
import { VALUES, type World } from './world';

/** What an activity takes, of all that any takes. */
export interface Input {
  orderId: string;
  leg: number;
  grant: number;
  parcel: string;
  shipmentId: string;
  shortfall: 'refuse' | 'drop';
  amount: { amount: number; currency: string };
  refund: string;
  reason: never;
  step: string;
  occurrence: number;
  actions: never;
  resolution?: { action: string };
}

/** The line whose goods are in a parcel. */
export const lineOf = (parcel: string): number => Number(parcel.slice(1));

const worth = (lines: readonly number[]) => lines.reduce((total, line) => total + (VALUES[line] ?? 0), 0);

/** The steps before the pivot, and the pivot. */
export function forwardActivities(world: World) {
  const { books, parties, chosen, outside } = world;
  const parcelOf = ({ leg, parcel }: Input) => {
    const found = books.parcels.find((each) => each.leg === leg && each.parcel === parcel);
    if (found === undefined) throw new Error(`there is no parcel ${parcel} in leg ${leg}`);
    return found;
  };
  const ofLeg = (leg: number) => books.parcels.filter((each) => each.leg === leg);

  return {
    validateOrder: async () => {
      const verdict = chosen.review === 'none' ? 'passed' : 'review';
      const screened = await world.call('validateOrder', 0, (meet) =>
        books.apply({
          step: steps.validate,
          request: '',
          perform: () => meet(undefined, 'screening_refused'),
          record: () => {
            books.move(verdict === 'review' ? 'in_review' : 'validated');
            return { verdict };
          },
        }),
      );
      if (chosen.review === 'approve' || chosen.review === 'reject') await outside.decideReview(chosen.review);
      return screened;
    },

    approveReview: () =>
      world.call('approveReview', 0, (meet) =>
        books.apply({ step: steps.review, request: '', perform: () => meet(), record: () => books.move('validated') }),
      ),

    reserveStock: ({ leg, shortfall }: Input) =>
      world.call('reserveStock', 0, (meet) =>
        books.apply({
          step: steps.reserveStock(leg),
          leg,
          request: String(leg),
          perform: () => meet(undefined, 'out_of_stock'),
          record: () => reserve(world, leg, shortfall),
        }),
      ),

    awaitStock: async () => {
      const waiting = await world.call('awaitStock', 0, async (meet) => {
        await meet();
        if (books.fenced || !['validated', 'awaiting_stock'].includes(books.status)) return { remainingMs: 0 };
        books.move('awaiting_stock');
        books.owe('order-backordered');
        return { remainingMs: 5 * 3_600_000 };
      });
      world.waits += 1;
      if (world.waits === chosen.stockArrivesAfter) {
        books.arrive();
        await outside.tellOfStock();
      }
      return waiting;
    },

    authorisePayment: ({ grant, amount }: Input) => {
      const step = steps.authorisePayment(grant);
      return world.call('authorisePayment', 0, (meet) =>
        books.apply({
          step,
          request: String(amount.amount),
          perform: () => meet(() => parties.authorise(step, amount.amount), 'payment_declined'),
          withdraw: () => parties.void(step),
          record: () => {
            if (grant > 1) return null;
            books.move('authorised');
            books.owe('order-confirmed');
            return null;
          },
        }),
      );
    },

    packParcel: (input: Input) => {
      const step = steps.pack(input.parcel, input.leg);
      return world.call('packParcel', lineOf(input.parcel), (meet) =>
        books.apply({
          step,
          leg: input.leg,
          request: input.shipmentId,
          perform: () => meet(() => parties.pack(step), 'packing_refused'),
          withdraw: () => parties.returnToShelf(step),
          record: () => {
            books.takeOffShelf(input.leg, lineOf(input.parcel));
            parcelOf(input).status = 'packed';
            if (!ofLeg(input.leg).some(({ status }) => status === 'allocated')) books.move('packed');
            return null;
          },
        }),
      );
    },

    bookCarrier: (input: Input) => {
      const step = steps.book(input.parcel, input.leg);
      return world.call('bookCarrier', lineOf(input.parcel), (meet) =>
        books.apply({
          step,
          leg: input.leg,
          request: input.shipmentId,
          perform: () => meet(() => parties.book(step), 'no_carrier'),
          withdraw: () => parties.cancel(step),
          record: () => {
            parcelOf(input).status = 'booked';
            return { carrier: 'nordpost', trackingNumber: 'N1', givenUp: [] };
          },
        }),
      );
    },

    capturePayment: ({ grant, amount }: Input) => {
      const hold = steps.authorisePayment(grant);
      const booked = books.parcels.filter(({ status }) => status === 'booked').map(({ parcel }) => lineOf(parcel));
      if (worth(booked) !== amount.amount && parties.captured === undefined)
        books.violate('captured what does not ship');
      return world.call('capturePayment', 0, (meet) =>
        books.apply({
          step: steps.capture,
          request: String(amount.amount),
          perform: async () => {
            try {
              await meet(() => parties.capture(hold, amount.amount), 'payment_declined');
            } catch (error) {
              const settles = error instanceof PartyRefused || (error as Error).name === 'Outlived';
              if (!settles) throw error;
              if (parties.captured !== undefined) return;
              parties.void(hold);
              throw error;
            }
          },
          record: () => {
            books.move('paid');
            return null;
          },
        }),
      );
    },
  };
}

function reserve(world: World, leg: number, shortfall: Input['shortfall']) {
  const { books, chosen } = world;
  const wanted = chosen.lines.map((_, line) => line).filter((line) => !books.dropped.has(line));
  const missing = wanted.filter((line) => books.availableOf(line) === 0);
  const had = wanted.filter((line) => !missing.includes(line));
  if (had.length === 0 || (missing.length > 0 && shortfall === 'refuse')) {
    throw new PartyRefused('inventory', 'out_of_stock', 'out of stock');
  }
  const parcels = had.map((line) => books.hold(leg, line));
  for (const line of missing) books.drop(line, steps.reserveStock(leg));
  books.move(leg === 1 ? 'reserved' : 'authorised');
  return { parcels, dropped: missing.map((line) => ({ sku: `SKU-${line}`, quantity: 1 })), grand: world.grand };
}
