import { isAtRest, mayMove, type OrderStatus } from '../../../domain/order-status';
import { reasons, type Reason } from '../../../contracts/failures';
import type { StuckAction } from '../../../contracts/workflow/order';
import { steps } from '../../../domain/steps';
import { behind, type ModelBooks } from './books';
import { lineOf, type Input } from './forward';
import { standing } from './standing';
import type { World } from './world';

/** The undo of each step, what begins and ends it, and what calls a person. */
export function undoingActivities(world: World) {
  const { books, parties, chosen } = world;
  const parcelOf = ({ leg, parcel }: Input) =>
    books.parcels.find((each) => each.leg === leg && each.parcel === parcel) ?? { status: 'allocated' as const };

  return {
    releaseStock: ({ leg }: Input) => {
      const step = steps.reserveStock(leg);
      books.undoesBehindFence(step, leg);
      return world.call('releaseStock', 0, (meet) =>
        books.undo(
          step,
          () => meet(),
          () => books.release(leg),
        ),
      );
    },

    voidPayment: ({ grant }: Input) => {
      const step = steps.authorisePayment(grant);
      if (!books.ledger.has(steps.authorisePayment(grant + 1))) books.undoesBehindFence(step);
      return world.call('voidPayment', 0, (meet) => books.undo(step, () => meet(() => parties.void(step)), nothing));
    },

    returnToShelf: (input: Input) => {
      const step = steps.pack(input.parcel, input.leg);
      return world.call('returnToShelf', lineOf(input.parcel), (meet) =>
        books.undo(
          step,
          () => meet(() => parties.returnToShelf(step)),
          () => {
            books.putBackOnShelf(input.leg, lineOf(input.parcel));
            parcelOf(input).status = 'returned_to_shelf';
          },
        ),
      );
    },

    cancelBooking: (input: Input) => {
      const step = steps.book(input.parcel, input.leg);
      return world.call('cancelBooking', lineOf(input.parcel), (meet) =>
        books.undo(
          step,
          () => meet(() => parties.cancel(step)),
          () => void (parcelOf(input).status = 'packed'),
        ),
      );
    },

    beginUnwinding: ({ reason, decision, known }: { reason: Reason; decision?: unknown; known: string[] }) =>
      world.call('beginUnwinding', 0, async (meet) => {
        await meet();
        const { status } = books;
        books.undoneFor.add(reason);
        if (isAtRest(status)) return 'further';
        const givenUp = reason === 'not_handed_over' && mayMove(status, 'needs_attention');
        if (!books.fenced) {
          if (!givenUp && !mayMove(status, 'compensating')) {
            if (decision !== undefined) books.owe('order-not-cancelled');
            return false;
          }
          if (status === 'packed' && wentFurther(books, known, { decision, status })) return false;
          books.fenced = true;
          if (givenUp) books.move('needs_attention');
          books.move('compensating', reason);
        }
        return wentFurther(books, known, { decision, status }) ? 'further' : true;
      }),

    finishUnwinding: ({ reason }: { reason: Reason }) =>
      world.call('finishUnwinding', 0, async (meet) => {
        await meet();
        if (isAtRest(books.status)) return;
        const { status } = reasons[reason];
        if (books.status === 'needs_attention') books.move('compensating');
        books.move(status, reason);
        books.owe(`order-${status}`);
      }),

    beginRetry: ({ leg }: Input) =>
      world.call('beginRetry', 0, async (meet) => {
        await meet();
        if (!books.fenced && books.fencedLeg < leg) {
          if (books.appliedSteps(/^capture$/).length > 0) throw behind('begin-retry', 'step');
          books.fencedLeg = leg;
          if (mayMove(books.status, 'pending_retry')) books.move('pending_retry');
          books.owe(`order-delayed/leg-${leg}`);
        }
        return { renewInMs: chosen.renewal ? 300_000 : 432_000_000 };
      }),

    raiseAttention: ({ step, occurrence, actions }: { step: string; occurrence: number; actions: StuckAction[] }) =>
      world.call('raiseAttention', 0, async (meet) => {
        await meet();
        const before = books.stuck.get(step)?.occurrence ?? 0;
        if (before < occurrence) {
          books.stuck.set(step, { occurrence, resolved: false });
          const moves =
            mayMove(books.status, 'needs_attention') && (books.status !== 'packed' || step === steps.capture);
          if (moves) books.move('needs_attention');
          await world.callStaff(step, actions);
        }
        return { since: '2026-01-31T09:00:00Z', status: books.status };
      }),

    lowerAttention: ({ step, occurrence, resolution }: Input) =>
      world.call('lowerAttention', 0, async (meet) => {
        await meet();
        const stuck = books.stuck.get(step);
        if (stuck?.occurrence !== occurrence || stuck.resolved) return { status: books.status };
        stuck.resolved = true;
        if (resolution?.action === 'skip') books.skip(step);
        const left = [...books.stuck.values()].some(({ resolved }) => !resolved);
        const over = books.status === 'needs_attention' && !left && resolution?.action !== 'refund';
        if (over && mayMove('needs_attention', books.statusBefore)) books.move(books.statusBefore);
        return { status: books.status };
      }),

    readStanding: () => world.call('readStanding', 0, async (meet) => (await meet(), standing(world))),
  };
}

const nothing = () => undefined;

const BETWEEN_STEPS: string[] = ['reserved', 'authorised', 'packed', 'compensating'];

/** Whether more was done, or may have been, than the run knows of that begins to undo. */
function wentFurther(
  books: ModelBooks,
  known: readonly string[],
  { decision, status }: { decision: unknown; status: OrderStatus },
): boolean {
  const applied = books.appliedSteps(/^(reserve-stock|authorise-payment|pack\/|book\/)/);
  if (applied.some((step) => !known.includes(step))) return true;
  const between = decision !== undefined && BETWEEN_STEPS.includes(status) && applied.length > 0;
  return between && known.every((step) => applied.includes(step));
}
