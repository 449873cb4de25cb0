import type { Cell } from '../../support/cells';
import { DELIVERED, NOTHING } from '../../support/outcomes';

/** How often a first leg's two carriers are asked, each of which refuses. */
const REFUSED_ONCE = { port: 'shipping', operation: 'book', kind: 'refuse', times: 2 } as const;
const REFUSED = { port: 'shipping', operation: 'book', kind: 'refuse' } as const;
const UNREACHABLE = { port: 'shipping', operation: 'book', kind: 'unavailable' } as const;
const LEGS = { carrierRetries: 3, carrierRetryMs: 200 };
const HELD = ['authorise', 'void'];
const A_LEG = ['pack', 'return_to_shelf'];
const DELAYED_THEN_DELIVERED = { ...DELIVERED, messages: [...DELIVERED.messages, 'order-delayed'] };

const goesOn: Cell[] = [
  {
    when: 'no carrier takes the parcel at first, and one does later',
    faults: [REFUSED_ONCE],
    policy: LEGS,
    ...DELAYED_THEN_DELIVERED,
    packs: [...A_LEG, 'pack'],
  },
  {
    when: 'carriers cannot be reached at first, and can later',
    faults: [UNREACHABLE],
    policy: { ...LEGS, patienceMs: 1000, carrierRetryMs: 1500 },
    meanwhile: async (order) => {
      await order.untilStatus('pending_retry');
      await order.heal();
    },
    ...DELAYED_THEN_DELIVERED,
    packs: [...A_LEG, 'pack'],
  },
  {
    when: 'no carrier takes one of two parcels at first, and one does later',
    stock: { BER: 8, HAM: 8 },
    quantity: 16,
    faults: [
      { ...REFUSED, carrier: 'nordpost', times: 1 },
      { ...REFUSED, carrier: 'hansa-kurier', times: 1 },
    ],
    policy: LEGS,
    ...DELAYED_THEN_DELIVERED,
    packs: expect.arrayContaining(['pack', 'pack', 'return_to_shelf']) as string[],
    labels: expect.arrayContaining([...DELIVERED.labels, ...DELIVERED.labels]) as string[],
    shelves: ['BER 0/0', 'HAM 0/0'],
  },
];

const givenUp: Cell[] = [
  {
    when: 'every carrier refuses in every leg',
    faults: [REFUSED],
    policy: { ...LEGS, carrierRetries: 2 },
    status: 'rejected',
    reason: 'no_carrier',
    payments: HELD,
    packs: [...A_LEG, ...A_LEG, ...A_LEG],
    labels: [],
    messages: ['order-confirmed', 'order-delayed', 'order-delayed', 'order-rejected'],
  },
  {
    when: 'no carrier can be reached in any leg',
    faults: [UNREACHABLE],
    policy: { ...LEGS, carrierRetries: 1, patienceMs: 700 },
    status: 'failed',
    reason: 'party_unavailable',
    payments: HELD,
    packs: [...A_LEG, ...A_LEG],
    labels: [],
    messages: ['order-confirmed', 'order-delayed', 'order-failed'],
  },
  {
    when: 'it is cancelled while it waits for carriers',
    faults: [REFUSED],
    policy: { ...LEGS, carrierRetryMs: 3_600_000 },
    meanwhile: async (order) => {
      await order.untilStep('pack/BER', 'undone');
      expect(await order.cancel()).toEqual({ outcome: 'accepted' });
    },
    status: 'cancelled',
    reason: 'cancelled_by_customer',
    payments: HELD,
    packs: A_LEG,
    labels: [],
    messages: ['order-confirmed', 'order-delayed', 'order-cancelled'],
  },
  {
    when: 'it is cancelled while the goods of its first leg are put back',
    faults: [REFUSED, { port: 'warehouse', operation: 'return_to_shelf', kind: 'refuse', times: 1 }],
    policy: { ...LEGS, carrierRetryMs: 3_600_000 },
    meanwhile: async (order) => {
      await order.untilStuck('pack/BER', { status: 'pending_retry' });
      expect(await order.cancel()).toEqual({ outcome: 'accepted' });
      await order.untilStep('authorise-payment', 'undone');
      await order.free('pack/BER', 'retry');
    },
    status: 'cancelled',
    reason: 'cancelled_by_customer',
    payments: HELD,
    packs: A_LEG,
    labels: [],
    messages: ['order-confirmed', 'order-delayed', 'order-cancelled'],
  },
  {
    when: 'its stock is gone when it is tried again',
    faults: [REFUSED_ONCE],
    policy: { ...LEGS, carrierRetryMs: 1500 },
    meanwhile: async (order, { database }, sku) => {
      await order.untilStep('reserve-stock', 'undone');
      await database.$transaction([
        database.stockLevel.updateMany({ where: { sku }, data: { onHand: 1 } }),
        database.stockMovement.create({ data: { sku, warehouse: 'BER', kind: 'adjustment', change: -9 } }),
      ]);
    },
    status: 'rejected',
    reason: 'out_of_stock',
    payments: HELD,
    packs: A_LEG,
    labels: [],
    messages: ['order-confirmed', 'order-delayed', 'order-rejected'],
    shelves: ['BER 1/0'],
  },
];

/** One renewal: an authorisation grows as old in it as an order waits. */
const RENEWED_ONCE = { ...LEGS, carrierRetryMs: 2500, authorisationRenewMs: 2500 };

const renewals: Cell[] = [
  {
    when: 'the authorisation is renewed while it waits for carriers',
    faults: [REFUSED_ONCE],
    policy: RENEWED_ONCE,
    ...DELAYED_THEN_DELIVERED,
    payments: ['authorise', 'authorise', 'void', 'capture'],
    packs: [...A_LEG, 'pack'],
  },
  {
    when: 'the authorisation cannot be renewed while it waits for carriers',
    faults: [REFUSED_ONCE, { port: 'warehouse', operation: 'pack', kind: 'unavailable' }],
    policy: RENEWED_ONCE,
    meanwhile: async (order, { database }) => {
      const { orderId } = order;
      await order.untilStep('authorise-payment', 'applied');
      await database.payment.update({ where: { orderId }, data: { token: 'tok_declined' } });
      await order.heal('pack');
    },
    status: 'expired',
    reason: 'authorisation_lapsed',
    ...NOTHING,
    payments: HELD,
    packs: A_LEG,
    messages: ['order-confirmed', 'order-delayed', 'order-expired'],
  },
];

/** Orders that are tried again since no carrier takes their parcels. */
export const legCells = [...goesOn, ...givenUp, ...renewals];
