import type { Cell } from '../../support/cells';
import { DELIVERED, undoneAfter } from '../../support/outcomes';

const CONFIRMED_THEN_REJECTED = ['order-confirmed', 'order-rejected'];
const AN_HOUR = 3_600_000;

/** A capture that nobody can tell the end of. */
const captures: Cell[] = [
  {
    when: 'neither capture nor void can be had for long, and the provider comes back',
    faults: [
      { port: 'payment', operation: 'capture', kind: 'unavailable' },
      { port: 'payment', operation: 'void', kind: 'unavailable' },
    ],
    policy: { patienceMs: 300, attentionAfterMs: 600 },
    meanwhile: async (order) => {
      expect(await order.untilStuck('capture')).toEqual(['retry']);
      // The void comes back no sooner: a try under way, whose capture had failed, would prove by it that nothing was taken.
      await order.heal('capture');
    },
    ...DELIVERED,
  },
  {
    when: 'neither capture nor void can be had for long, and the capture is tried again in the middle of a long wait',
    faults: [
      { port: 'payment', operation: 'capture', kind: 'unavailable' },
      { port: 'payment', operation: 'void', kind: 'unavailable' },
    ],
    policy: {
      patienceMs: 300,
      attentionAfterMs: 600,
      retryInitialIntervalMs: AN_HOUR,
      retryMaxIntervalMs: AN_HOUR,
    },
    meanwhile: async (order) => {
      expect(await order.untilStuck('capture')).toEqual(['retry']);
      await order.heal();
      await order.free('capture', 'retry');
    },
    ...DELIVERED,
  },
];

/** Undos that need a person, or time. */
const undos: Cell[] = [
  {
    when: 'an undo keeps failing for long, and its party comes back',
    faults: [
      { port: 'shipping', operation: 'book', kind: 'refuse' },
      { port: 'payment', operation: 'void', kind: 'unavailable' },
    ],
    policy: { attentionAfterMs: 300 },
    meanwhile: async (order) => {
      expect(await order.untilStuck('authorise-payment')).toEqual(['retry', 'skip']);
      await order.heal();
    },
    status: 'rejected',
    reason: 'no_carrier',
    ...undoneAfter(3),
    messages: CONFIRMED_THEN_REJECTED,
  },
  {
    when: 'an undo keeps failing for long, and is tried again in the middle of a long wait',
    faults: [
      { port: 'warehouse', operation: 'pack', kind: 'refuse' },
      { port: 'payment', operation: 'void', kind: 'unavailable' },
    ],
    policy: { attentionAfterMs: 300, retryInitialIntervalMs: AN_HOUR, retryMaxIntervalMs: AN_HOUR },
    meanwhile: async (order) => {
      await order.untilStuck('authorise-payment');
      await order.heal();
      await order.free('authorise-payment', 'retry');
    },
    status: 'rejected',
    reason: 'packing_refused',
    ...undoneAfter(2),
    messages: CONFIRMED_THEN_REJECTED,
  },
  {
    when: 'the undo of the goods is stuck, the money is let go of meanwhile, and the goods behind it wait',
    faults: [
      { port: 'shipping', operation: 'book', kind: 'refuse' },
      { port: 'warehouse', operation: 'return_to_shelf', kind: 'refuse', times: 1 },
    ],
    meanwhile: async (order) => {
      await order.untilStuck('pack/BER');
      await order.untilStep('authorise-payment', 'undone');
      await order.untilStep('reserve-stock', 'applied');
      await order.free('pack/BER', 'retry');
    },
    status: 'rejected',
    reason: 'no_carrier',
    ...undoneAfter(3),
    messages: CONFIRMED_THEN_REJECTED,
  },
  {
    when: 'a carrier refuses to cancel, and its parcel is not put back before it does',
    faults: [
      { port: 'payment', operation: 'capture', kind: 'refuse' },
      { port: 'shipping', operation: 'cancel', kind: 'refuse', carrier: 'nordpost', times: 1 },
    ],
    meanwhile: async (order) => {
      await order.untilStuck('book/BER');
      await order.untilStep('authorise-payment', 'undone');
      await order.untilStep('pack/BER', 'applied');
      await order.free('book/BER', 'retry');
    },
    status: 'rejected',
    reason: 'payment_declined',
    ...undoneAfter(4),
    messages: CONFIRMED_THEN_REJECTED,
  },
  {
    when: 'both chains are stuck, one is tried again and the other one skipped',
    faults: [
      { port: 'shipping', operation: 'book', kind: 'refuse' },
      { port: 'warehouse', operation: 'return_to_shelf', kind: 'refuse', times: 1 },
      { port: 'payment', operation: 'void', kind: 'refuse', times: 1 },
    ],
    meanwhile: async (order) => {
      await Promise.all([order.untilStuck('pack/BER'), order.untilStuck('authorise-payment')]);
      await order.free('authorise-payment', 'skip');
      await order.untilStuck('pack/BER');
      await order.free('pack/BER', 'retry');
    },
    status: 'rejected',
    reason: 'no_carrier',
    ...undoneAfter(3),
    payments: ['authorise'],
    messages: CONFIRMED_THEN_REJECTED,
    writeOffs: ['authorise-payment'],
  },
  {
    when: 'an undo is refused, and refused again when it is tried again',
    faults: [
      { port: 'shipping', operation: 'book', kind: 'refuse' },
      { port: 'payment', operation: 'void', kind: 'refuse', times: 2 },
    ],
    meanwhile: async (order) => {
      await order.untilStuck('authorise-payment');
      await order.free('authorise-payment', 'retry');
      await order.untilStuck('authorise-payment', { times: 2 });
      await order.free('authorise-payment', 'retry');
    },
    status: 'rejected',
    reason: 'no_carrier',
    ...undoneAfter(3),
    messages: CONFIRMED_THEN_REJECTED,
  },
];

/** Steps that are stuck before the order's end, and how they go on. */
export const stuckCells = [...captures, ...undos];
