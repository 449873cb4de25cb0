import type { Cell } from '../../support/cells';
import { DELIVERED, undoneAfter } from '../../support/outcomes';

const REFUSED = { port: 'shipping', operation: 'hand_over', kind: 'refuse' } as const;
const RETRY_OR_REFUND = ['retry', 'refund'];

const retried: Cell[] = [
  {
    when: 'the hand-over is refused, and tried again by a person',
    faults: [{ ...REFUSED, times: 1 }],
    meanwhile: async (order) => {
      expect(await order.untilStuck('hand-over')).toEqual(RETRY_OR_REFUND);
      await order.free('hand-over', 'retry');
    },
    ...DELIVERED,
  },
  {
    when: 'the hand-over keeps failing for long, and the carrier comes back',
    faults: [{ port: 'shipping', operation: 'hand_over', kind: 'unavailable' }],
    policy: { attentionAfterMs: 300 },
    meanwhile: async (order) => {
      expect(await order.untilStuck('hand-over')).toEqual(RETRY_OR_REFUND);
      await order.heal();
    },
    ...DELIVERED,
  },
];

/** A refused hand-over is given up, but its carrier cannot be asked to cancel for a while. */
const CARRIER_GONE = [
  { ...REFUSED, kind: 'unavailable' },
  { port: 'shipping', operation: 'cancel', kind: 'unavailable', carrier: 'nordpost' },
] satisfies Cell['faults'];

const ALL_REFUNDED = {
  status: 'failed',
  reason: 'not_handed_over',
  ...undoneAfter(4),
  payments: ['authorise', 'capture', 'refund'],
  messages: ['order-confirmed', 'order-failed'],
};

const refunded: Cell[] = [
  {
    when: 'the hand-over of its one parcel is refused, and a person refunds it',
    faults: [REFUSED],
    meanwhile: async (order) => {
      await order.untilStuck('hand-over');
      await order.free('hand-over', 'refund');
    },
    ...ALL_REFUNDED,
  },
  {
    when: 'the hand-over of its one parcel keeps failing for long, a person refunds it, and the refund is refused at first',
    faults: [
      { ...REFUSED, kind: 'unavailable' },
      { port: 'payment', operation: 'refund', kind: 'refuse', times: 1 },
    ],
    policy: { attentionAfterMs: 300 },
    meanwhile: async (order) => {
      await order.untilStuck('hand-over');
      await order.free('hand-over', 'refund');
      expect(await order.untilStuck('refund/not-shipped/rest')).toEqual(['retry', 'skip']);
      await order.free('refund/not-shipped/rest', 'retry');
    },
    ...ALL_REFUNDED,
  },
];

const givenUp: Cell[] = [
  {
    when: 'the hand-over of its one parcel is given up, and its carrier cannot be asked for long',
    faults: CARRIER_GONE,
    policy: { attentionAfterMs: 300 },
    meanwhile: async (order) => {
      await order.untilStuck('hand-over');
      await order.free('hand-over', 'refund');
      expect(await order.untilStuck('give-up-hand-over')).toEqual(['retry']);
      await order.heal();
    },
    ...ALL_REFUNDED,
  },
];

/** Two parcels of equal value, of which the first carrier takes one only, so that the second carrier has the other. */
const TWO_CARRIERS = {
  stock: { BER: 8, HAM: 8 },
  quantity: 16,
  faults: [
    { port: 'shipping', operation: 'book', kind: 'refuse', carrier: 'nordpost', times: 1 },
    { ...REFUSED, carrier: 'hansa-kurier' },
  ],
} satisfies Partial<Cell>;

const inPart: Cell[] = [
  {
    when: 'one of two parcels cannot be handed over, and a person refunds it',
    ...TWO_CARRIERS,
    meanwhile: async (order, { database }) => {
      await order.untilStuck('hand-over');
      const { grand: before } = await database.order.findUniqueOrThrow({ where: { id: order.orderId } });
      await order.free('hand-over', 'refund');
      await order.untilStatus('delivered');
      const { grand } = await database.order.findUniqueOrThrow({ where: { id: order.orderId } });
      const { captured, refunded } = await database.payment.findUniqueOrThrow({ where: { orderId: order.orderId } });
      expect([captured, refunded]).toEqual([before, before - grand]);
      expect(refunded).toBe(before / 2n);
    },
    ...DELIVERED,
    payments: ['authorise', 'capture', 'refund'],
    packs: ['pack', 'pack', 'return_to_shelf'],
    labels: ['nordpost book', 'nordpost hand_over', 'hansa-kurier book', 'hansa-kurier cancel'],
    messages: [...DELIVERED.messages, 'order-changed'],
    shelves: expect.arrayContaining([expect.stringMatching(/ 0\/0$/), expect.stringMatching(/ 8\/0$/)]) as string[],
  },
];

/** Hand-overs after the capture: the order goes forward, or what cannot ship is refunded. */
export const handOverCells = [...retried, ...refunded, ...givenUp, ...inPart];
