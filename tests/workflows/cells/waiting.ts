import type { Cell } from '../../support/cells';
import { DELIVERED, NOTHING } from '../../support/outcomes';

const WAITS = { stock: { BER: 1 }, backorderMs: 3_600_000 } satisfies Partial<Cell>;
const BACK_ORDERED = [...DELIVERED.messages, 'order-backordered'];

/** Books what arrived, as a count of the stock does. */
const arrives =
  (units: number): NonNullable<Cell['meanwhile']> =>
  async (order, { database }, sku) => {
    await order.untilStatus('awaiting_stock');
    await database.$transaction([
      database.stockLevel.updateMany({ where: { sku }, data: { onHand: { increment: units } } }),
      database.stockMovement.create({ data: { sku, warehouse: 'BER', kind: 'adjustment', change: units } }),
    ]);
    await order.booksMoved();
  };

const backOrders: Cell[] = [
  {
    when: 'it waits for stock, which arrives',
    ...WAITS,
    meanwhile: arrives(5),
    ...DELIVERED,
    messages: BACK_ORDERED,
    shelves: ['BER 4/0'],
  },
  {
    when: 'it waits for stock, is woken for nothing, and then enough arrives',
    ...WAITS,
    meanwhile: async (order, stack, sku) => {
      await order.untilStatus('awaiting_stock');
      await order.booksMoved();
      await arrives(5)(order, stack, sku);
    },
    ...DELIVERED,
    messages: BACK_ORDERED,
    shelves: ['BER 4/0'],
  },
  {
    when: 'it waits for stock, which never comes',
    ...WAITS,
    backorderMs: 1500,
    status: 'expired',
    reason: 'backorder_expired',
    ...NOTHING,
    messages: ['order-backordered', 'order-expired'],
    shelves: ['BER 1/0'],
  },
  {
    when: 'it is cancelled while it waits for stock',
    ...WAITS,
    meanwhile: async (order) => {
      await order.untilStatus('awaiting_stock');
      expect(await order.cancel('staff')).toEqual({ outcome: 'accepted' });
    },
    status: 'cancelled',
    reason: 'cancelled_by_staff',
    ...NOTHING,
    messages: ['order-backordered', 'order-cancelled'],
    shelves: ['BER 1/0'],
  },
];

const IN_REVIEW = { order: { street: 'Review Street 1' } } satisfies Partial<Cell>;

const reviews: Cell[] = [
  {
    when: 'screening holds it, and staff approve it',
    ...IN_REVIEW,
    meanwhile: async (order) => {
      await order.untilStatus('in_review');
      await order.decide('approve');
    },
    ...DELIVERED,
  },
  {
    when: 'screening holds it, and staff reject it',
    ...IN_REVIEW,
    meanwhile: async (order) => {
      await order.untilStatus('in_review');
      await order.decide('reject');
    },
    status: 'rejected',
    reason: 'screening_refused',
    ...NOTHING,
    messages: ['order-rejected'],
  },
  {
    when: 'screening holds it, and nobody decides in time',
    ...IN_REVIEW,
    policy: { reviewMs: 300 },
    status: 'expired',
    reason: 'review_expired',
    ...NOTHING,
    messages: ['order-expired'],
  },
  {
    when: 'screening holds it, and the customer cancels it meanwhile',
    ...IN_REVIEW,
    meanwhile: async (order) => {
      await order.untilStatus('in_review');
      expect(await order.cancel()).toEqual({ outcome: 'accepted' });
      await expect(order.decide('approve')).rejects.toThrow();
    },
    status: 'cancelled',
    reason: 'cancelled_by_customer',
    ...NOTHING,
    messages: ['order-cancelled'],
  },
];

/** Orders that wait for stock or for staff. */
export const waitingCells = [...backOrders, ...reviews];
