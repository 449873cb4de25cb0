import { ApplicationFailure } from '@temporalio/common';
import type { FulfilmentActivities } from '../../activities';
import { createInTurn, type TurnCall } from '../../activities/order/in-turn';
import type { Reason } from '../../contracts/failures';
import type { StuckResolution, Decision, ReviewDecision } from '../../contracts/workflow/decisions';
import type { Reservation, StopInput } from '../../contracts/workflow/order';
import type { Money } from '../../domain/money';
import { stepKinds, type StepId, type StuckAction } from '../../domain/step-kinds';
import type { Database } from '../../infra/database/client';
import { ScriptedBooks, type GivenBooks } from './scripted-books';

type Name = keyof FulfilmentActivities;

/** What an activity does when it is called: throw, wait, or answer otherwise than it would. */
export type Script = Partial<Record<Name, (input: ScriptInput) => unknown>>;

/** What a script may want to know of a call. */
export interface ScriptInput extends Partial<Omit<StopInput, 'limits'>> {
  orderId: string;
  parcel?: string;
  grant?: number;
  leg?: number;
  carrier?: string;
  shortfall?: string;
  reviewMs?: number;
  limits?: StopInput['limits'];
  /** The refund that is made. */
  step?: StepId<'refund'>;
  amount?: Money;
  review?: ReviewDecision;
  decision?: Decision;
  /** The step that is stuck, why, what frees it, and what a person decided. */
  id?: StepId;
  why?: string;
  actions?: readonly StuckAction[];
  occurrence?: number;
  resolution?: StuckResolution;
}

/** The activities of `fulfilOrder` that take a step, or ask the books, each by itself. */
export const NAMES = [
  'validateOrder',
  'approveReview',
  'reserveStock',
  'awaitStock',
  'authorisePayment',
  'packParcel',
  'bookCarrier',
  'dropParcel',
  'capturePayment',
  'handOver',
  'giveUpHandOver',
  'refundPayment',
  'stopOrder',
  'raiseAttention',
  'lowerAttention',
  'releaseStock',
  'voidPayment',
  'returnToShelf',
  'cancelBooking',
  'cancelStrayLabel',
] as const satisfies Name[];

/** A refusal as an activity throws it. */
export const refusal = (reason: Reason): ApplicationFailure =>
  ApplicationFailure.create({ type: 'Refused', message: reason, nonRetryable: true, details: [{ reason }] });

/** A fault that outlived the order's patience, as an activity throws it. */
export const outlived = (): ApplicationFailure =>
  ApplicationFailure.create({
    type: 'PartyUnavailable',
    message: 'gave up',
    nonRetryable: true,
    details: [{ reason: 'party_unavailable' }],
  });

/** The refusal of a step behind its order's fence. */
export const fencedOff = (): ApplicationFailure =>
  ApplicationFailure.create({ type: 'StepFenced', message: 'fenced', nonRetryable: true });

interface Effect {
  /** What the activity returns where the script says nothing else. */
  answer?: (input: ScriptInput) => unknown;
  /** What its success does to the books. */
  writes?: (input: ScriptInput, result: never) => void;
}

const LINES = [{ sku: 'MUG-001', quantity: 1 }];

/** What each activity answers and writes when all goes well. */
function effectsOn(books: ScriptedBooks, warehouses: readonly string[]): Partial<Record<Name, Effect>> {
  const parcelsOf = (leg: number) =>
    warehouses.map((warehouse) => {
      return { parcel: warehouse, warehouse, shipmentId: `shp_${leg}_${warehouse}`, lines: LINES };
    });
  const undoes = (kind: StepId['kind'], also: (input: ScriptInput) => void = () => undefined): Effect => ({
    writes: (input) => {
      books.undo(idOf(kind, input));
      also(input);
    },
  });
  const applies = (kind: StepId['kind'], also: (input: ScriptInput, result: never) => void): Effect => ({
    writes: (input, result) => {
      if (books.isFenced(input)) throw fencedOff();
      books.apply(idOf(kind, input));
      also(input, result);
    },
  });
  return {
    validateOrder: {
      answer: () => ({ verdict: 'passed', heldForMs: 0 }),
      writes: (_, { verdict }: { verdict: string }) => books.move(verdict === 'review' ? 'in_review' : 'validated'),
    },
    approveReview: { writes: () => books.move('validated') },
    reserveStock: {
      answer: ({ leg = 1 }) => ({ parcels: parcelsOf(leg), dropped: [], grand: books.grand }),
      ...applies('reserve-stock', ({ leg = 1 }, result: Reservation) => books.reserve(leg, result)),
    },
    awaitStock: { answer: () => ({ remainingMs: 3_600_000 }), writes: () => books.move('awaiting_stock') },
    authorisePayment: applies('authorise-payment', () => books.move('authorised')),
    packParcel: applies('pack', (input) => books.parcel(input, 'packed')),
    bookCarrier: {
      answer: () => ({ carrier: 'nordpost', trackingNumber: 'N1' }),
      ...applies('book', (input) => books.parcel(input, 'booked')),
    },
    dropParcel: {
      answer: () => ({ dropped: LINES, grand: { ...books.grand, amount: 2000 } }),
      ...applies('drop', (input, { grand }: { grand: Money }) => books.drop(input, grand)),
    },
    capturePayment: applies('capture', () => {
      books.captured = true;
      books.move('paid');
    }),
    handOver: { writes: () => books.move('shipped') },
    giveUpHandOver: { answer: () => warehouses },
    refundPayment: { writes: ({ amount }) => books.refund(amount ?? { amount: 0, currency: 'EUR' }) },
    stopOrder: { answer: (input) => books.stop(input as StopInput) },
    raiseAttention: {
      answer: ({ id = { kind: 'stop' } }) => {
        books.attend(id);
        return { since: '2026-01-31T09:00:00Z', status: books.status };
      },
    },
    lowerAttention: {
      answer: ({ id, resolution }) => {
        books.unattend();
        if (id !== undefined && resolution?.action === 'skip') skip(books, id, resolution);
        return { status: books.status };
      },
    },
    releaseStock: undoes('reserve-stock'),
    voidPayment: undoes('authorise-payment'),
    returnToShelf: undoes('pack', (input) => books.parcel(input, 'returned_to_shelf')),
    cancelBooking: undoes('book'),
    cancelStrayLabel: undoes('stray-label'),
  };
}

/** A write-off ends what is owed: to a party as an undo, to the customer as a refund. */
function skip(books: ScriptedBooks, id: StepId, { step }: StuckResolution): void {
  if ('undo' in stepKinds[id.kind]) books.undo(id);
  else if (step.startsWith('refund/')) books.refund(books.owed);
}

/** The identity of the step that a call is about. */
const idOf = (kind: StepId['kind'], { leg, parcel, carrier, grant }: ScriptInput): StepId => ({
  kind,
  ...(leg !== undefined && { leg }),
  ...(parcel !== undefined && { parcel }),
  ...(carrier !== undefined && { carrier }),
  ...(grant !== undefined && { grant }),
});

/** Activities without parties that write down who was called, follow a script, and move books in memory. */
export function scriptedActivities(warehouses: string[], script: Script = {}, given: GivenBooks = {}) {
  const calls: string[] = [];
  const inputs = new Map<Name, ScriptInput[]>();
  const books = new ScriptedBooks(given);
  const effects = effectsOn(books, warehouses);
  const called = async (name: Name, input: ScriptInput): Promise<unknown> => {
    calls.push(input.parcel === undefined ? name : `${name} ${input.parcel}`);
    inputs.set(name, [...(inputs.get(name) ?? []), input]);
    const scripted = await script[name]?.(input);
    const result = scripted ?? effects[name]?.answer?.(input) ?? null;
    effects[name]?.writes?.(input, result as never);
    return result;
  };
  const single = Object.fromEntries(NAMES.map((name) => [name, (input: ScriptInput) => called(name, input)]));
  const parcelsToPack = () => books.legParcels.filter(({ status }) => status === 'allocated' || status === 'packed');
  const database = { sql: { query: () => Promise.resolve(parcelsToPack()) } } as unknown as Database;
  const activities = { ...single, ...createInTurn({ database }, single) } as unknown as FulfilmentActivities;
  /** What an activity was called with, in order. */
  const inputsOf = (name: Name) => inputs.get(name) ?? [];
  return { activities, calls, inputsOf, books };
}

/** The order that a call of an activity is about. */
export const orderOf = (input: ScriptInput & { calls?: TurnCall[] }): string =>
  input.calls?.[0]?.input.orderId ?? input.orderId;

/** A script whose first try fails, inside the workflow's worker: the step goes on where tries can be cancelled. */
export function scheduled<Answer>(run: (input: ScriptInput) => Answer): (input: ScriptInput) => Answer {
  const tried = new Set<string | undefined>();
  return (input) => {
    if (tried.has(input.parcel)) return run(input);
    tried.add(input.parcel);
    throw new Error('the party is away');
  };
}

/** A script that refuses the first `times` calls. */
export function refusedFirst(times: number, reason: Reason = 'payment_declined'): () => null {
  let left = times;
  return () => {
    left -= 1;
    if (left >= 0) throw refusal(reason);
    return null;
  };
}
