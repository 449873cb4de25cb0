import type { Database } from '../../infra/database/client';
import { eventually } from '../support/eventually';
import { expectedOf, runCells, type Cell, type RanCells } from '../support/cells';
import type { LiveOrder } from '../support/live-order';
import { DELIVERED, undoneAfter } from '../support/outcomes';

const BOOK = { port: 'shipping', operation: 'book' } as const;
const NOT_RETURNED = { port: 'warehouse', operation: 'return_to_shelf', kind: 'refuse' } as const;

/** Writes off the order's first stuck step that can be, whatever its status is by then, and returns it. */
async function writeOff(order: LiveOrder, database: Database): Promise<string> {
  const open = { where: { orderId: order.orderId, resolvedAt: null, actions: { has: 'skip' } } };
  const stuck = await eventually(
    () => database.stuckStep.findFirst(open),
    (found) => found !== null,
    40_000,
  );
  const { step } = stuck ?? { step: '' };
  await order.free(step, 'skip');
  return step;
}

/** Undos, and a refund, that a person writes off while their order goes on. */
const cells: Cell[] = [
  {
    when: 'the goods of a try without a carrier cannot be put back',
    faults: [{ ...BOOK, kind: 'refuse', times: 2 }, NOT_RETURNED],
    policy: { carrierRetries: 1, carrierRetryMs: 200 },
    meanwhile: async (order, { database }) => {
      expect(await writeOff(order, database)).toBe('pack/BER');
    },
    ...DELIVERED,
    packs: ['pack', 'pack'],
    messages: [...DELIVERED.messages, 'order-delayed'],
    shelves: ['BER 6/0'],
    writeOffs: ['pack/BER'],
  },
  {
    when: 'a carrier keeps the label that another one took the place of',
    faults: [
      { ...BOOK, kind: 'effect_then_timeout', carrier: 'nordpost' },
      { port: 'shipping', operation: 'cancel', kind: 'refuse', carrier: 'nordpost' },
    ],
    policy: { attentionAfterMs: 300 },
    meanwhile: async (order, { database }) => {
      expect(await writeOff(order, database)).toBe('stray-label/BER/nordpost');
    },
    ...DELIVERED,
    labels: ['nordpost book', 'hansa-kurier book', 'hansa-kurier hand_over'],
    writeOffs: ['stray-label/BER/nordpost'],
  },
  {
    when: 'what cannot be handed over cannot be refunded either',
    faults: [
      { port: 'shipping', operation: 'hand_over', kind: 'refuse' },
      { port: 'payment', operation: 'refund', kind: 'refuse' },
    ],
    policy: { stepTimeoutMs: 1500, partyTimeoutMs: 1000 },
    meanwhile: async (order, { database }) => {
      await order.untilStuck('hand-over');
      await order.free('hand-over', 'refund');
      expect(await writeOff(order, database)).toBe('refund/not-shipped/rest');
    },
    status: 'failed',
    reason: 'not_handed_over',
    ...undoneAfter(4),
    payments: ['authorise', 'capture'],
    messages: ['order-confirmed', 'order-failed'],
    writeOffs: ['refund/not-shipped/rest'],
  },
  {
    when: 'the goods of a parcel that is dropped cannot be put back',
    order: { fulfilment: 'ship_available' },
    stock: { BER: 8, HAM: 8 },
    quantity: 16,
    faults: [
      { ...BOOK, kind: 'refuse', carrier: 'nordpost', times: 1 },
      { ...BOOK, kind: 'refuse', carrier: 'hansa-kurier', times: 1 },
      NOT_RETURNED,
    ],
    meanwhile: async (order, { database }) => {
      expect(await writeOff(order, database)).toMatch(/^pack/);
      await order.untilStatus('delivered');
      expect(await database.shipment.count({ where: { orderId: order.orderId, status: 'delivered' } })).toBe(1);
    },
    ...DELIVERED,
    packs: ['pack', 'pack'],
    messages: [...DELIVERED.messages, 'order-changed'],
    shelves: ['BER 0/0', 'HAM 0/0'],
    writeOffs: [expect.stringMatching(/^pack\/(BER|HAM)$/) as string],
  },
];

let ran: RanCells;
beforeAll(async () => {
  ran = await runCells(cells);
}, 120_000);
afterAll(() => ran.stack.stop());

test.each(cells)('where $when and a person writes it off, the order ends $status and the books say so', (cell) => {
  expect(ran.outcome(cell)).toEqual(expectedOf(cell));
});

test('the books balance, but for what was written off', () => {
  expect(ran.amiss).toEqual([]);
  expect(ran.unusedFaults).toEqual([]);
  expect(ran.books.violations).toEqual([]);
});
