import type { Money } from '../http/money';
import type { Policy } from '../policy';
import type { OrderStatus, ParcelStatus, RestingStatus } from '../../domain/order-status';
import type { Reason } from '../failures';

/** The name of the workflow type; histories refer to it, so it never changes. */
export const FULFIL_ORDER = 'fulfilOrder';

/** The name of the workflow type that sweeps up what was left over. */
export const SWEEP = 'sweep';

/** The input of `fulfilOrder`: ids, skus, amounts, country and timings; never a name or an address. */
export interface FulfilOrderInput {
  orderId: string;
  country: string;
  grand: Money;
  lines: { sku: string; quantity: number }[];
  /** Set where what can't be had or shipped is dropped from the order; else it undoes the order. */
  shipAvailable?: true;
  /** Set where the order waits for stock that there is not yet; its deadline stands in our books. */
  backorder?: true;
  policy: Policy;
  /** Set where an earlier run of this order was stopped from outside: what its ledger says decides how it goes on. */
  recover?: true;
  /** How often earlier runs of this order called a person, where they did: this run counts on. */
  occurrences?: number;
}

/** How an order that is taken up again stands by its books and the payment provider's. */
export interface Standing {
  status: OrderStatus;
  reason: Reason | null;
  grand: Money;
  /** Whether the payment was captured: then the order goes on, else it is undone. */
  captured: boolean;
  /** Whether our books know of the capture, too. */
  captureBooked: boolean;
  /** What was captured for goods that do not ship any more, and is not refunded yet. */
  owed: Money;
  /** The refunds of what does not ship that were decided and are not done; left out where there are none. */
  dueRefunds?: DueRefund[];
  /** The leg that is under way; those before it are fenced off. */
  leg: number;
  /** How many authorisations our books know of; one more may be under way. */
  grants: number;
  /** The parcels of all legs. */
  parcels: LegParcel[];
  /** The steps that are listed as stuck. */
  stuck: { step: string; occurrence: number }[];
  /** How often a person was called for the order. */
  occurrences: number;
}

/** A refund that was decided and is not done. */
export interface DueRefund {
  /** What tells it from the order's other refunds. */
  refund: string;
  amount: Money;
  decidedBy: Actor;
}

/** The result of `fulfilOrder`: a business outcome, a rejection too, completes the run. */
export interface FulfilOrderResult {
  status: RestingStatus;
  reason: Reason | null;
}

/** Who did something: a token's role and subject, or `system` for the saga itself. Never a person's name. */
export interface Actor {
  type: 'customer' | 'support' | 'admin' | 'system';
  id: string;
}

/** What a person adds to a decision: its text is a row in our books, never part of a history. */
export interface Decision {
  actor: Actor;
  noteId: string | null;
}

/** The name of the Update that cancels an order: takes a {@link Decision}, answers a {@link CancelAnswer}. */
export const CANCEL_ORDER = 'cancelOrder';

/**
 * `too_late` from the moment capture is scheduled, as the run knows it. A run whose worker died while it captured does
 * not know: its `accepted` is followed by a timeline entry and the message `order-not-cancelled` where the money turns out
 * to be taken, and the order goes on. Whoever hands the answer on asks the books, which know of all but a capture whose
 * reply was lost as well.
 */
export interface CancelAnswer {
  outcome: 'accepted' | 'already_cancelling' | 'too_late';
}

/** The name of the Update that frees a stuck step: takes a {@link StuckResolution}; refused where it is not stuck so. */
export const RESOLVE_STUCK_STEP = 'resolveStuckStep';

/** `retry` at once; `skip` an undo, or a refund, as a write-off; `refund` what was captured and cannot ship. */
export const stuckActions = ['retry', 'skip', 'refund'] as const;

export type StuckAction = (typeof stuckActions)[number];

export interface StuckResolution extends Decision {
  step: string;
  action: StuckAction;
}

/** The name of the Update that decides on an order in review: takes a {@link ReviewDecision}; refused where none is due. */
export const DECIDE_REVIEW = 'decideReview';

export interface ReviewDecision extends Decision {
  decision: 'approve' | 'reject';
}

/** The name of the signal that wakes a back-ordered order, since stock arrived. */
export const STOCK_ARRIVED = 'stockArrived';

/** What a leg's reservation holds: what could not be had was dropped, and the order priced again. */
export interface Reservation {
  parcels: AllocatedParcel[];
  dropped: { sku: string; quantity: number }[];
  grand: Money;
}

/** The name of the signal that carries a carrier's scan. */
export const CARRIER_SCAN = 'carrierScan';

/** A carrier's scan of a parcel, deduplicated before it becomes a signal. */
export interface CarrierScan {
  shipmentId: string;
  status: 'in_transit' | 'delivered';
}

/** One parcel as allocated by a leg's reservation. `parcel` is its warehouse's code and names its steps. */
export interface AllocatedParcel {
  parcel: string;
  shipmentId: string;
  warehouse: string;
  lines: { sku: string; quantity: number }[];
}

/** A parcel of a leg, as our books have it. */
export interface LegParcel extends AllocatedParcel {
  leg: number;
  status: ParcelStatus;
  /** Carriers that were given up for the one that has it; left out where there are none. */
  givenUp?: string[];
}

/** A parcel's booked carriage. */
export interface Booking {
  carrier: string;
  trackingNumber: string;
  /** Carriers that were given up because of faults and may still hold a label for the parcel. */
  givenUp: string[];
}
