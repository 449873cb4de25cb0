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
] as const;

export type Outcome = (typeof outcomes)[number];

/** The activities that may go wrong, and what may happen to them. */
const sites = {
  validateOrder: 'forward',
  reserveStock: 'forward',
  authorisePayment: 'forward',
  packParcel: 'parcel',
  bookCarrier: 'parcel',
  capturePayment: 'forward',
  handOver: 'past pivot',
  giveUpHandOver: 'past pivot',
  refundPayment: 'past pivot',
  releaseStock: 'undo',
  voidPayment: 'undo',
  returnToShelf: 'undo of a parcel',
  cancelBooking: 'undo of a parcel',
  approveReview: 'own',
  awaitStock: 'own',
  dropParcel: 'own',
  beginRetry: 'own',
  beginUnwinding: 'own',
  finishUnwinding: 'own',
  raiseAttention: 'own',
  lowerAttention: 'own',
  recordScan: 'own',
  readStanding: 'own',
  sendMessages: 'own',
} as const;

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

const POSSIBLE: Record<(typeof sites)[Site], readonly Outcome[]> = {
  forward: outcomes,
  parcel: outcomes,
  'past pivot': outcomes.filter((outcome) => outcome !== 'outlived'),
  undo: outcomes.filter((outcome) => outcome !== 'outlived'),
  'undo of a parcel': outcomes.filter((outcome) => outcome !== 'outlived'),
  own: outcomes.filter((outcome) => !['refused', 'outlived', 'reply lost', 'fault'].includes(outcome)),
};

const trouble = fc.constantFrom(...(Object.keys(sites) as Site[])).chain((at) =>
  fc.record({
    at: fc.constant(at),
    line: sites[at].includes('parcel') ? fc.nat({ max: 2 }) : fc.constant(0),
    outcomes: fc.array(fc.constantFrom(...POSSIBLE[sites[at]]), { minLength: 1, maxLength: 8, size: 'small' }),
  }),
);

/** Whether calls of an activity are told apart by their parcel. */
export const isOfParcel = (at: string): boolean => at in sites && sites[at as Site].includes('parcel');

/** All that can happen to one order. */
export const anyCase: fc.Arbitrary<Case> = fc.record({
  lines: fc.array(
    fc.record({
      inStock: fc.oneof(
        { weight: 1, arbitrary: fc.constant(true) },
        { weight: 5, arbitrary: fc.constant(true) },
        { weight: 1, arbitrary: fc.constant(false) },
      ),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  shipAvailable: fc.boolean(),
  backorder: fc.boolean(),
  stockArrivesAfter: fc.integer({ min: 1, max: 3 }),
  review: fc.constantFrom('none', 'none', 'none', 'approve', 'reject', 'nobody decides'),
  carrierRetries: fc.nat({ max: 2 }),
  renewal: fc.boolean(),
  troubles: fc.array(trouble, { maxLength: 8 }),
  staff: fc.array(fc.constantFrom('retry', 'give up'), { maxLength: 6 }),
});
