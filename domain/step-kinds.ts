/** The outside parties that have a task queue of their own, so that a slow one cannot take the others' slots. */
export const parties = ['screening', 'payment', 'warehouse', 'shipping'] as const;

export type Party = (typeof parties)[number];

/** The two chains of undo steps, which run side by side. */
export type Chain = 'goods' | 'money';

/** What a person may do about a stuck step. */
export const stuckActions = ['retry', 'skip', 'refund'] as const;

export type StuckAction = (typeof stuckActions)[number];

/** What a step of that kind is called in front of people, whom it asks, and what takes its effect back. */
interface StepKindEntry {
  /** Says what it does, as in "the step that …s": an imperative. */
  does: string;
  /** The party that it asks; left out if it needs nothing but our own books. */
  party?: Party;
  /** What a person may do when it is stuck. */
  actions: readonly StuckAction[];
  undo?: { activity: string; chain: Chain; does: string };
}

/**
 * Every kind of step of an order, in the order in which an order takes them: the one table of them. The undo, the task
 * queue, the stuck actions, the documents' tables and the checks of the books derive from it.
 */
export const stepKinds = {
  validate: { does: 'check the order and screen it', party: 'screening', actions: ['retry'] },
  review: { does: 'record the approval of the order', actions: ['retry'] },
  'await-stock': { does: 'record that the order waits for stock', actions: ['retry'] },
  'reserve-stock': {
    does: 'reserve the stock',
    actions: ['retry'],
    undo: { activity: 'releaseStock', chain: 'goods', does: 'release the stock' },
  },
  'authorise-payment': {
    does: 'authorise the payment',
    party: 'payment',
    actions: ['retry'],
    undo: { activity: 'voidPayment', chain: 'money', does: 'void the authorisation' },
  },
  pack: {
    does: 'pack the parcel',
    party: 'warehouse',
    actions: ['retry'],
    undo: { activity: 'returnToShelf', chain: 'goods', does: 'put the goods back on the shelf' },
  },
  book: {
    does: 'book a carrier for the parcel',
    party: 'shipping',
    actions: ['retry'],
    undo: { activity: 'cancelBooking', chain: 'goods', does: 'cancel the carrier' },
  },
  'stray-label': {
    does: 'print a label that another carrier took the place of',
    party: 'shipping',
    actions: ['retry'],
    undo: { activity: 'cancelStrayLabel', chain: 'goods', does: 'cancel the stray label' },
  },
  drop: { does: 'take the parcel out of the order', actions: ['retry'] },
  capture: { does: 'capture the payment', party: 'payment', actions: ['retry'] },
  'hand-over': { does: 'hand the parcels over to their carriers', party: 'shipping', actions: ['retry', 'refund'] },
  'give-up-hand-over': { does: 'find the parcels that no carrier has', party: 'shipping', actions: ['retry'] },
  refund: { does: 'refund the customer', party: 'payment', actions: ['retry', 'skip'] },
  stop: { does: 'read from the books how the order goes on', party: 'payment', actions: ['retry'] },
  'move-return': { does: 'record how the return goes on', actions: ['retry'] },
  'list-stuck': { does: 'call a person', actions: ['retry'] },
} as const satisfies Record<string, StepKindEntry>;

export type StepKind = keyof typeof stepKinds;

/** The kinds of steps that have an undo. */
export type UndoableKind = {
  [Kind in StepKind]: (typeof stepKinds)[Kind] extends { undo: object } ? Kind : never;
}[StepKind];

/** The name of the activity that undoes a step of that kind. */
export type UndoActivity<Kind extends UndoableKind = UndoableKind> = (typeof stepKinds)[Kind]['undo']['activity'];

/** What tells a step from the order's others. The books hold each part in a column of its own. */
export interface StepId<Kind extends StepKind = StepKind> {
  kind: Kind;
  /** One try at reserve → book, counted from 1; left out for steps of the order. */
  leg?: number | undefined;
  /** The parcel that it is about, by the code of its warehouse. */
  parcel?: string | undefined;
  /** The carrier of a stray label. */
  carrier?: string | undefined;
  /** The number of an authorisation, counted from 1. */
  grant?: number | undefined;
  /** What tells a refund from the order's others; the return of a return's step. */
  subject?: string | undefined;
}

/**
 * The name of a step: its key in the ledger and the tail of its idempotency key at the provider. It never holds a run id,
 * an activity id or a time.
 */
export function stepName({ kind, leg, parcel, carrier, grant, subject }: StepId): string {
  const parts = [kind, parcel, carrier, subject].filter((part) => part !== undefined).join('/');
  const number = leg ?? grant ?? 1;
  return number === 1 ? parts : `${parts}#${number}`;
}

/** The idempotency key of a step at its provider. */
export const idempotencyKey = (orderId: string, step: StepId): string => `${orderId}/${stepName(step)}`;

/** The refund of goods that came back by a return. */
export const refundOfReturn = (returnId: string): StepId<'refund'> => ({
  kind: 'refund',
  subject: returnName(returnId),
});

/** The refund of what was captured and does not ship: of some parcels, or of all that is left. */
export const refundOfUnshipped = (parcels: readonly string[] | 'rest'): StepId<'refund'> => ({
  kind: 'refund',
  subject: `not-shipped/${parcels === 'rest' ? parcels : parcels.join('+')}`,
});

/** What a return is called in its order's timeline. */
export const returnName = (returnId: string): string => `return/${returnId}`;

/** Whether a step of that kind has an undo. */
export const isUndoable = (step: StepId): step is StepId<UndoableKind> => 'undo' in stepKinds[step.kind];

/** The party that a step of that kind asks, and its undo; undefined if it needs nothing but our own books. */
export const partyOf = (kind: StepKind): Party | undefined => (stepKinds[kind] as StepKindEntry).party;

/** The kinds of steps that have an undo, in the order in which an order takes them. */
export const undoableKinds = (Object.keys(stepKinds) as StepKind[]).filter((kind): kind is UndoableKind =>
  isUndoable({ kind }),
);
