import type { Money } from '../../domain/money';
import type { OrderStatus, ParcelStatus, RestingStatus } from '../../domain/order-status';
import type { CalledStep, Direction, StepToUndo } from '../../domain/standing';
import type { StepId } from '../../domain/step-kinds';
import type { Reason } from '../failures';
import type { Policy } from '../policy';
import type { Decision } from './decisions';

/** The name of the workflow type that fulfils an order; histories refer to it, so it never changes. */
export const FULFIL_ORDER = 'fulfilOrder';

/** The name of the workflow type that undoes one effect which arrived late. */
export const UNDO_LATE_EFFECT = 'undoLateEffect';

/** The name of the workflow type that finds and repairs what a crash or an outage left over. */
export const SWEEP = 'sweep';

/**
 * The name of the signal that says that the books have news: stock arrived, the last parcel was delivered, or another run
 * moved the order on. It carries nothing: the workflow asks the books.
 */
export const BOOKS_MOVED = 'booksMoved';

/** The name of the query for the status that a run has reached; returns an {@link OrderStatus}. */
export const RUN_STATUS = 'status';

/** The input of `fulfilOrder`: ids, skus, amounts, country and timings; never a name or an address. */
export interface FulfilOrderInput {
  orderId: string;
  country: string;
  grand: Money;
  lines: { sku: string; quantity: number }[];
  /** Set if what can't be had or shipped is dropped from the order; else it undoes the order. */
  shipAvailable?: true;
  /** Set if the order waits for stock that there is not yet; its deadline is in our books. */
  backorder?: true;
  policy: Policy;
  /** Set if an earlier run of this order was lost: the books say how it goes on. */
  recover?: true;
  /** Set besides if that run was terminated: the order is undone if nothing was captured. */
  interrupted?: true;
}

/** What of an order goes into its workflow's history. */
export interface FulfilmentOrder {
  id: string;
  country: string;
  grand: Money;
  lines: { sku: string; quantity: number }[];
  /** Whether it ships what it can; else all or nothing. */
  shipAvailable: boolean;
  /** Whether it waits for stock that there is not yet. */
  backorder: boolean;
}

/** How an order's workflow begins: anew, or after an earlier run was lost. */
export type Beginning = Pick<FulfilOrderInput, 'recover' | 'interrupted'>;

/** The result of `fulfilOrder`: a business outcome, a rejection too, completes the run. */
export interface FulfilOrderResult {
  status: RestingStatus;
  reason: Reason | null;
}

/** The input of `undoLateEffect`. */
export interface UndoLateEffectInput {
  orderId: string;
  step: StepToUndo['id'];
  policy: Policy;
}

/** How long an activity may take, from the order's policy; all in milliseconds. */
export interface StepLimits {
  /** For one answer of a party. */
  partyTimeoutMs: number;
  /** From the first attempt on, against a party's faults. */
  patienceMs: number;
}

/** What an activity that is about one step takes. */
export interface StepInput extends Omit<StepId, 'kind'> {
  orderId: string;
  limits: StepLimits;
}

/** What a run that cannot go on, or does not know how, asks the books with. */
export interface StopInput {
  orderId: string;
  limits: StepLimits;
  /** Why the order is to be undone; left out to ask only. */
  reason?: Reason;
  /** Who decided it; left out if nobody did. */
  decision?: Decision;
  /** The leg in which no carrier could be booked, if carriers may be asked again. */
  failedLeg?: number;
  /** What the run called; left out if nothing is known of earlier runs. */
  called?: CalledStep[];
  policy: Pick<Policy, 'carrierRetries' | 'carrierRetryMs' | 'authorisationRenewMs'>;
}

/** How an order stands by its books, and so which way it goes. */
export interface Standing {
  direction: Direction;
  status: OrderStatus;
  reason: Reason | null;
  grand: Money;
  /** The leg that is under way; those before it have ended. */
  leg: number;
  /** How many authorisations the books know of. */
  grants: number;
  /** The parcels of all legs, but for those that were dropped. */
  parcels: LegParcel[];
  undo: StepToUndo[];
  /** How long it is until carriers are asked again, in milliseconds. */
  retryInMs: number;
  /** How long the authorisation may wait before it is renewed, in milliseconds. */
  renewInMs: number;
  /** What was captured for goods that do not ship, and no refund was decided for. */
  owed: Money;
  /** Who had the order undone; null while it is not. */
  stoppedBy: Actor | null;
  /** The refunds of what does not ship that were decided and are not done. */
  dueRefunds: DueRefund[];
}

/** A refund that was decided and is not done. */
export interface DueRefund {
  step: StepId<'refund'>;
  amount: Money;
  decidedBy: Actor;
}

/** Who did something: a token's role and subject, or `system` for the saga itself. Never a person's name. */
export interface Actor {
  type: 'customer' | 'support' | 'admin' | 'system';
  id: string;
}

/** What a leg's reservation holds: what could not be had was dropped, and the order priced again. */
export interface Reservation {
  parcels: AllocatedParcel[];
  dropped: { sku: string; quantity: number }[];
  grand: Money;
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
}

/** A parcel's booked carriage. */
export interface Booking {
  carrier: string;
  trackingNumber: string;
}

/** A carrier's scan of a parcel. */
export interface CarrierScan {
  shipmentId: string;
  status: 'in_transit' | 'delivered';
}

/** What came of a step's first attempt: its result, or its failure as an `ApplicationFailure` says it. */
export type Attempt<Result = unknown> = { result: Result } | { failure: AttemptFailure };

export interface AttemptFailure {
  message: string;
  type: string;
  nonRetryable: boolean;
  details: unknown[];
}

/** What came of the first attempts of one parcel: its packing and, once that succeeded, its booking. */
export interface ParcelAttempts {
  parcel: string;
  pack: Attempt<null>;
  book?: Attempt<Booking>;
}
