/**
 * The names of an order's steps: constants of the order and of the leg (one try at reserve → book, counted from 1).
 * A step's name is its primary key in the ledger and the tail of its idempotency key at the provider, so it never
 * holds a run id, an activity id or a time.
 */
const onLeg = (name: string, leg: number): string => (leg === 1 ? name : `${name}#${leg}`);

export const steps = {
  validate: 'validate',
  review: 'review',
  reserveStock: (leg: number) => onLeg('reserve-stock', leg),
  authorisePayment: (grant: number) => onLeg('authorise-payment', grant),
  pack: (parcel: string, leg: number) => onLeg(`pack/${parcel}`, leg),
  book: (parcel: string, leg: number) => onLeg(`book/${parcel}`, leg),
  /** What takes a parcel that cannot ship out of its order. */
  drop: (parcel: string, leg: number) => onLeg(`drop/${parcel}`, leg),
  capture: 'capture',
  handOver: 'hand-over',
  /** What gives captured money back; `refund` tells it from the order's other refunds. */
  refund: (refund: string) => `refund/${refund}`,
  /** What a return is called in its order's timeline; it is no step of the ledger. */
  return: (returnId: string) => `return/${returnId}`,
} as const;

/** The idempotency key of a step at its provider. */
export const idempotencyKey = (orderId: string, step: string): string => `${orderId}/${step}`;

/** The id of the Temporal workflow that fulfils an order. */
export const workflowIdOf = (orderId: string): string => `order-${orderId}`;

/** The id of the Temporal workflow that follows a return. */
export const returnWorkflowIdOf = (returnId: string): string => `return-${returnId}`;

/** The return that a workflow follows. */
export const returnIdOf = (workflowId: string): string => workflowId.replace(/^return-/, '');

/** The order that a workflow fulfils. */
export const orderIdOf = (workflowId: string): string => workflowId.replace(/^order-/, '');
