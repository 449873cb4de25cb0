import { isAtRest, mayMove, type OrderStatus, type ParcelStatus } from './order-status';
import {
  isUndoable,
  stepKinds,
  stepName,
  undoableKinds,
  type Chain,
  type StepId,
  type UndoableKind,
} from './step-kinds';

/** Where an order goes from here. */
export type Direction = 'to_capture' | 'to_delivery' | 'back' | 'closed';

/** A step as the ledger has it. */
export interface BookedStep {
  id: StepId;
  state: 'applied' | 'undoing' | 'undone' | 'skipped';
  /** Whether it was ever applied: then no attempt of it can have another effect. */
  wasApplied: boolean;
}

/** A parcel of one leg, named by its warehouse. */
export interface BookedParcel {
  parcel: string;
  leg: number;
  status: ParcelStatus;
}

/** What the books know of an order. */
export interface OrderBooks {
  status: OrderStatus;
  /** Whether the order is being undone: no forward step can be applied any more. */
  fenced: boolean;
  /** The last leg that has ended; no step of it can be applied any more. */
  fencedLeg: number;
  /** Whether the payment was captured. */
  captured: boolean;
  steps: readonly BookedStep[];
  parcels: readonly BookedParcel[];
}

/** A step that a run has called, and what came of it. */
export interface CalledStep {
  id: StepId;
  /** `refused` is a party's own no: its effect did not happen. */
  answer: 'none' | 'done' | 'refused';
}

/** A step to undo. */
export interface StepToUndo {
  id: StepId<UndoableKind>;
  /** Whether an attempt of it may still have its effect: it is undone once more when none can any more. */
  mayStillHappen: boolean;
}

/** Which way an order goes by its books. */
export function directionOf({
  status,
  fenced,
  captured,
}: Pick<OrderBooks, 'status' | 'fenced' | 'captured'>): Direction {
  if (isAtRest(status)) return 'closed';
  if (fenced) return 'back';
  return captured ? 'to_delivery' : 'to_capture';
}

/** What a run asks for that cannot go on. */
export interface StopRequest {
  /** A person ended the order's hand-over: the one reason to undo a captured order. */
  handOverGivenUp: boolean;
  /** Set if a carrier could not be booked in this leg, which may be retried. */
  failedBooking?: { leg: number; lastLeg: number } | undefined;
}

/** What a stop does to the books. */
export type StopEffect = 'none' | 'fence_order' | 'fence_leg' | 'too_late';

/**
 * What a stop does to the order: moves its fence, ends one leg, comes too late after the capture, or nothing, because the
 * order is being undone or is at rest already.
 */
export function effectOf(books: OrderBooks, { handOverGivenUp, failedBooking }: StopRequest): StopEffect {
  if (isAtRest(books.status) || books.fenced) return 'none';
  if (handOverGivenUp) return books.captured ? 'fence_order' : 'none';
  if (books.captured || !mayMove(books.status, 'compensating')) return 'too_late';
  if (failedBooking === undefined) return 'fence_order';
  if (failedBooking.leg <= books.fencedLeg) return 'none';
  return failedBooking.leg <= failedBooking.lastLeg ? 'fence_leg' : 'fence_order';
}

/**
 * The steps to undo: those of the ledger, those that the run called, and, if a run was lost, every step that it could
 * have called. An order that goes on has only the goods of its ended legs to put back; one past the capture has none.
 *
 * @param called - undefined if nothing is known of what the order's runs called
 */
export function stepsToUndo(books: OrderBooks, called: readonly CalledStep[] | undefined): StepToUndo[] {
  const direction = directionOf(books);
  if (direction === 'closed' || direction === 'to_delivery') return [];
  const booked = new Map(books.steps.map((step) => [stepName(step.id), step]));
  const answers = new Map((called ?? []).map(({ id, answer }) => [stepName(id), answer]));
  const candidates = new Map<string, StepId<UndoableKind>>();
  const possible = knowsAll(books, called) ? [] : couldHaveBeenCalled(books);
  for (const id of [...books.steps.map((step) => step.id), ...(called ?? []).map((step) => step.id), ...possible]) {
    if (isUndoable(id) && isInScope(books, id)) candidates.set(stepName(id), id);
  }
  return [...candidates].flatMap(([name, id]): StepToUndo[] => {
    const step = booked.get(name);
    const answer = answers.get(name);
    const mayStillHappen = step?.wasApplied !== true && answer !== 'refused';
    const isUndone = step?.state === 'undone' || step?.state === 'skipped';
    if (isUndone && (called !== undefined || !mayStillHappen)) return [];
    return [{ id, mayStillHappen }];
  });
}

/** A run knows all that was called for its order if it has the answer of each step that the ledger has. */
function knowsAll({ steps }: OrderBooks, called: readonly CalledStep[] | undefined): boolean {
  if (called === undefined) return false;
  const heard = new Set(called.filter(({ answer }) => answer === 'done').map(({ id }) => stepName(id)));
  return steps.every(({ id, state }) => state !== 'applied' || !isUndoable(id) || heard.has(stepName(id)));
}

/** The steps that a lost run may have called beyond the ledger: those that follow from what the ledger has. */
function couldHaveBeenCalled({ steps, parcels, fencedLeg, captured }: OrderBooks): StepId[] {
  const has = (id: StepId, ...states: BookedStep['state'][]) =>
    steps.some((step) => stepName(step.id) === stepName(id) && (states.length === 0 || states.includes(step.state)));
  const leg = fencedLeg + 1;
  const grants = grantsIn(steps);
  const isReserved = has({ kind: 'reserve-stock', leg });
  const grant: StepId = { kind: 'authorise-payment', grant: grants + 1 };
  const mayHold = !captured && (grants === 0 ? isReserved : fencedLeg > 0);
  const ofParcels = parcels.flatMap(({ parcel, leg: ofLeg }): StepId[] => {
    if (grants === 0 || has({ kind: 'drop', parcel, leg: ofLeg }, 'applied')) return [];
    const pack: StepId = { kind: 'pack', parcel, leg: ofLeg };
    return has(pack) ? [pack, { kind: 'book', parcel, leg: ofLeg }] : [pack];
  });
  return [...(mayHold ? [grant] : []), ...ofParcels];
}

/** How many authorisations the ledger knows of. */
export const grantsIn = (steps: readonly BookedStep[]): number =>
  Math.max(0, ...steps.flatMap(({ id }) => (id.kind === 'authorise-payment' ? [id.grant ?? 1] : [])));

/** Whether a step is undone with what is undone now: all of the order, or the goods of its ended legs. */
function isInScope({ fenced, fencedLeg, captured, steps }: OrderBooks, id: StepId<UndoableKind>): boolean {
  if (!fenced) return id.leg !== undefined && id.leg <= fencedLeg;
  const newest = grantsIn(steps.filter(({ state }) => state === 'applied'));
  return !(captured && id.kind === 'authorise-payment' && (id.grant ?? 1) === newest);
}

/** Steps that are undone one after the other, once the chains that come before them are done. */
export interface UndoChain {
  chain: Chain;
  /** One list for each parcel: these run side by side. */
  parcels: StepToUndo[][];
  /** What is undone after them. */
  rest: StepToUndo[];
}

/** The two chains of an undo, goods and money, each newest first: the steps of each parcel, then the chain's others. */
export function chainsOf(steps: readonly StepToUndo[]): UndoChain[] {
  const newestFirst = [...steps].sort((a, b) => ageOf(b.id) - ageOf(a.id));
  return (['goods', 'money'] as const).map((chain) => {
    const links = newestFirst.filter(({ id }) => stepKinds[id.kind].undo.chain === chain);
    const names = new Set(links.flatMap(({ id }) => (id.parcel === undefined ? [] : [`${id.parcel}#${id.leg}`])));
    return {
      chain,
      parcels: [...names].map((name) => links.filter(({ id }) => `${id.parcel}#${id.leg}` === name)),
      rest: links.filter(({ id }) => id.parcel === undefined),
    };
  });
}

/** How late in its order a step is taken. */
const ageOf = ({ kind, leg = 1, grant = 1 }: StepId<UndoableKind>): number =>
  Math.max(leg, grant) * undoableKinds.length + undoableKinds.indexOf(kind);
