import fc from 'fast-check';

/** What becomes of one call of an activity, where not everything goes well. */
export const outcomes = [
  /** The party fails before it does anything. */
  'fault',
  /** The party does it, but its reply is lost. */
  'reply lost',
  /** It is done and written, but the worker is lost before it says so. */
  'answer lost',
  /** Our own database fails. */
  'own fault',
  'refused',
  /** The party's faults outlive the order's patience. */
  'outlived',
  /** A person cancels while the call is under way; what it does comes late. */
  'cancelled by customer',
  'cancelled by staff',
  'cancelled in the UI',
  /** As before, and the worker is lost when the effect has arrived too late. */
  'cancelled, effect too late',
  /** The call is answered, and a person cancels right after. */
  'cancelled after',
  /** The workflow is terminated while the call is under way. */
  'terminated',
  /** As before, when the effect has taken place and nobody knows of it. */
  'terminated, effect done',
] as const;

export type Outcome = (typeof outcomes)[number];

type Kind = 'forward' | 'past pivot' | 'undo' | 'own';

/** The activities that may go wrong: what they are, whether for each parcel, and how often they do. */
const sites = {
  validateOrder: { kind: 'forward', weight: 1 },
  reserveStock: { kind: 'forward', weight: 2 },
  authorisePayment: { kind: 'forward', weight: 2 },
  packParcel: { kind: 'forward', isOfParcel: true, weight: 4 },
  bookCarrier: { kind: 'forward', isOfParcel: true, weight: 8 },
  capturePayment: { kind: 'forward', weight: 3 },
  handOver: { kind: 'past pivot', weight: 4 },
  giveUpHandOver: { kind: 'past pivot', weight: 2 },
  refundPayment: { kind: 'past pivot', weight: 2 },
  releaseStock: { kind: 'undo', weight: 3 },
  voidPayment: { kind: 'undo', weight: 3 },
  returnToShelf: { kind: 'undo', isOfParcel: true, weight: 4 },
  cancelBooking: { kind: 'undo', isOfParcel: true, weight: 4 },
  approveReview: { kind: 'own', weight: 1 },
  awaitStock: { kind: 'own', weight: 1 },
  dropParcel: { kind: 'own', weight: 2 },
  beginRetry: { kind: 'own', weight: 2 },
  beginUnwinding: { kind: 'own', weight: 1 },
  finishUnwinding: { kind: 'own', weight: 1 },
  raiseAttention: { kind: 'own', weight: 1 },
  lowerAttention: { kind: 'own', weight: 1 },
  recordScan: { kind: 'own', weight: 1 },
  readStanding: { kind: 'own', weight: 1 },
  sendMessages: { kind: 'own', weight: 1 },
} as const satisfies Record<string, { kind: Kind; isOfParcel?: true; weight: number }>;

export type Site = keyof typeof sites;

/** What happens to the calls of an activity, one after the other; after these all goes well. */
export interface Trouble {
  at: Site;
  /** Which parcel it is about, where it is about one. */
  line: number;
  outcomes: Outcome[];
}

/** One order and all that happens to it. */
export interface Case {
  /** Each is in a warehouse of its own, so that it makes a parcel. */
  lines: { inStock: boolean }[];
  shipAvailable: boolean;
  backorder: boolean;
  /** After how many waits what is missing arrives. */
  stockArrivesAfter: number;
  review: 'none' | 'approve' | 'reject' | 'nobody decides';
  carrierRetries: number;
  /** Whether the authorisation would lapse in the middle of the wait for carriers. */
  renewal: boolean;
  troubles: Trouble[];
  /** What staff do about the steps that are stuck, one after the other; after these they have them tried again. */
  staff: ('retry' | 'give up')[];
}

/** How often what happens, where it can. */
const WEIGHTS: Record<Outcome, number> = {
  fault: 6,
  refused: 6,
  'reply lost': 4,
  'answer lost': 2,
  'own fault': 2,
  outlived: 3,
  'cancelled by customer': 1,
  'cancelled by staff': 1,
  'cancelled in the UI': 1,
  'cancelled, effect too late': 1,
  'cancelled after': 1,
  terminated: 1,
  'terminated, effect done': 1,
};

const cannotBe: Record<Kind, readonly Outcome[]> = {
  forward: [],
  'past pivot': ['outlived'],
  undo: ['outlived'],
  own: ['fault', 'refused', 'reply lost', 'outlived'],
};

/** Shrinks towards the first. */
const oneOf = <T>(weights: [T, number][]): fc.Arbitrary<T> =>
  fc.oneof({ withCrossShrink: true }, ...weights.map(([value, weight]) => ({ weight, arbitrary: fc.constant(value) })));

const outcomeOf = (kind: Kind) =>
  oneOf(outcomes.filter((outcome) => !cannotBe[kind].includes(outcome)).map((outcome) => [outcome, WEIGHTS[outcome]]));

const names = Object.keys(sites) as Site[];

const site = fc.oneof(...names.map((name) => ({ weight: sites[name].weight, arbitrary: fc.constant(name) })));

const trouble = site.chain((at) =>
  fc.record({
    at: fc.constant(at),
    line: isOfParcel(at) ? fc.nat({ max: 2 }) : fc.constant(0),
    outcomes: fc.array(outcomeOf(sites[at].kind), { maxLength: 6 }),
  }),
);

/** Whether calls of an activity are told apart by their parcel. */
export function isOfParcel(at: Site): boolean {
  return 'isOfParcel' in sites[at];
}

/** Whether an activity asks no party; then it has written what it writes before its order is taken up again. */
export function isOwn(at: Site): boolean {
  return sites[at].kind === 'own';
}

/** All that can happen to one order. */
export const anyCase: fc.Arbitrary<Case> = fc.record({
  lines: fc.array(
    fc.record({
      inStock: oneOf([
        [true, 6],
        [false, 1],
      ]),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  shipAvailable: fc.boolean(),
  backorder: fc.boolean(),
  stockArrivesAfter: fc.integer({ min: 1, max: 3 }),
  review: oneOf([
    ['none', 12],
    ['approve', 2],
    ['reject', 1],
    ['nobody decides', 1],
  ]),
  carrierRetries: fc.nat({ max: 2 }),
  renewal: fc.boolean(),
  troubles: fc.array(trouble, { maxLength: 10 }),
  staff: fc.array(fc.constantFrom('retry', 'give up'), { maxLength: 6 }),
});
