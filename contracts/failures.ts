/**
 * Why an order did not go forward: the codes in an order's `reason`. Codes are stable; clients branch on them.
 *
 * A party's refusal undoes the order to the status given here; `party_unavailable` is a fault that outlived the
 * order's patience.
 */
export const reasons = {
  out_of_stock: { status: 'rejected', text: 'there is not enough stock' },
  payment_declined: { status: 'rejected', text: 'the payment was declined' },
  screening_refused: { status: 'rejected', text: 'screening, or staff in a review, refused the order' },
  product_unavailable: { status: 'rejected', text: 'a product is no longer sold' },
  packing_refused: { status: 'rejected', text: 'the warehouse could not pack a parcel' },
  no_carrier: { status: 'rejected', text: 'no carrier takes a parcel' },
  party_unavailable: { status: 'failed', text: 'a party could not be reached for as long as the order could wait' },
  cancelled_by_customer: { status: 'cancelled', text: 'the customer cancelled it' },
  cancelled_by_staff: { status: 'cancelled', text: 'staff cancelled it' },
  backorder_expired: { status: 'expired', text: 'the stock it waited for did not come in time' },
  review_expired: { status: 'expired', text: 'screening held it and nobody decided in time' },
  authorisation_lapsed: { status: 'expired', text: 'the payment could not be held for as long as it had to wait' },
  not_handed_over: { status: 'failed', text: 'no parcel could be handed over, so everything was refunded' },
  interrupted: { status: 'failed', text: 'its workflow was stopped from outside' },
} as const;

export type Reason = keyof typeof reasons;

/** The status in which an order undone for that reason comes to rest. */
export type UndoneStatus = (typeof reasons)[Reason]['status'];

/**
 * The types of the `ApplicationFailure`s that an activity throws. The list is closed: anything else is our own
 * fault (a database, a bug), is retried without limit and never undoes an order.
 */
export const failureTypes = {
  /** A party said no. Not retried; details: `[{ reason: Reason }]`. */
  refused: 'Refused',
  /** A party's fault outlived the order's patience. Not retried; details: `[{ reason: 'party_unavailable' }]`. */
  unavailable: 'PartyUnavailable',
  /** A party's fault, retried. */
  partyFault: 'PartyFault',
  /**
   * The order, the leg or the step is undone by now: the effect, if there was one, is recorded as one to undo. Not
   * retried.
   */
  fenced: 'StepFenced',
  /** The same step was asked for with another request: a bug of ours. Not retried. */
  conflict: 'StepConflict',
} as const;
