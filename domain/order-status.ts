/**
 * The life of an order, as one table: each status, what it means and which statuses may follow. Types, transition
 * checks, the database's own check and the diagram in the docs are derived from it.
 */
export const orderStatusTable = {
  created: { meaning: 'accepted and stored; the saga is starting', next: ['validated', 'in_review', 'compensating'] },
  in_review: {
    meaning: 'held by screening until staff decide or the hold runs out',
    next: ['validated', 'compensating'],
  },
  validated: { meaning: 'priced, screened, payable', next: ['reserved', 'awaiting_stock', 'compensating'] },
  awaiting_stock: {
    meaning: 'back-ordered; waiting for stock until its deadline',
    next: ['reserved', 'compensating'],
  },
  reserved: { meaning: 'all stock held', next: ['authorised', 'compensating'] },
  authorised: { meaning: 'payment authorised', next: ['packed', 'pending_retry', 'compensating'] },
  packed: {
    meaning: 'every parcel is picked and packed',
    next: ['paid', 'pending_retry', 'compensating', 'needs_attention'],
  },
  pending_retry: {
    meaning:
      'no carrier took the parcels: goods back on the shelf, the customer informed of the delay, carriers asked again later',
    next: ['authorised', 'compensating'],
  },
  paid: { meaning: 'payment captured, once, for all that ships: the pivot', next: ['shipped', 'needs_attention'] },
  shipped: { meaning: 'every parcel handed over to its carrier', next: ['delivered', 'needs_attention'] },
  delivered: { meaning: 'every parcel arrived', next: ['returned'] },
  compensating: {
    meaning: 'being undone',
    next: ['cancelled', 'rejected', 'expired', 'failed', 'needs_attention'],
  },
  needs_attention: {
    meaning: 'an undo was refused or keeps failing, or a step after the pivot is stuck; a person must act',
    next: ['compensating', 'paid', 'shipped', 'delivered'],
  },
  cancelled: { meaning: "undone at the customer's or staff's wish", next: [] },
  rejected: { meaning: 'a party refused: out of stock, declined, undeliverable, fraud', next: [] },
  expired: { meaning: 'a deadline passed: stock, review, authorisation', next: [] },
  failed: { meaning: "a party's fault outlived the order's patience", next: [] },
  returned: { meaning: 'delivered, all of it came back, refunded', next: [] },
} as const satisfies Record<string, { meaning: string; next: readonly string[] }>;

export type OrderStatus = keyof typeof orderStatusTable;

export const orderStatuses = Object.keys(orderStatusTable) as [OrderStatus, ...OrderStatus[]];

/** The statuses in which nothing more happens to an order by itself. */
export const restingStatuses = [
  'delivered',
  'returned',
  'cancelled',
  'rejected',
  'expired',
  'failed',
] as const satisfies OrderStatus[];

export type RestingStatus = (typeof restingStatuses)[number];

/** Whether an order with that status is at rest. */
export const isAtRest = (status: OrderStatus): status is RestingStatus =>
  (restingStatuses as readonly OrderStatus[]).includes(status);

/** The statuses that may follow `status`. */
export const nextStatuses = (status: OrderStatus): readonly OrderStatus[] => orderStatusTable[status].next;

/** Whether an order may move from one status to another. */
export const mayMove = (from: OrderStatus, to: OrderStatus): boolean => nextStatuses(from).includes(to);

/** A parcel's own status; a carrier's scan changes only this, until the last parcel delivers the order. */
export const parcelStatuses = [
  'allocated',
  'packed',
  'booked',
  'handed_over',
  'in_transit',
  'delivered',
  'returned_to_shelf',
  'lost',
] as const;

export type ParcelStatus = (typeof parcelStatuses)[number];
