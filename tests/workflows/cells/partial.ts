import type { Cell } from '../../support/cells';
import { DELIVERED, NOTHING, undoneAfter } from '../../support/outcomes';

const AVAILABLE = { order: { fulfilment: 'ship_available' } } satisfies Partial<Cell>;
const IN_PART = { ...AVAILABLE, stock: { BER: 8, HAM: 8 }, quantity: 16 } satisfies Partial<Cell>;
const CHANGED = { ...DELIVERED, messages: [...DELIVERED.messages, 'order-changed'] };
/** One parcel is out, and it is not told which; the other one is back. */
const ONE_OF_TWO = expect.arrayContaining([
  expect.stringMatching(/ 0\/0$/),
  expect.stringMatching(/ 8\/0$/),
]) as string[];

/** Told when the order ends: what its customer paid is half of what was ordered. */
const paysHalf: NonNullable<Cell['meanwhile']> = async (order, { database }) => {
  const where = { id: order.orderId };
  const { grand: ordered } = await database.order.findUniqueOrThrow({ where });
  await order.untilStatus('delivered');
  const { grand } = await database.order.findUniqueOrThrow({ where });
  const { captured, refunded } = await database.payment.findUniqueOrThrow({ where: { orderId: order.orderId } });
  expect([captured, captured, refunded]).toEqual([grand, ordered / 2n, 0n]);
};

/** Orders that ship what they can, and drop what they cannot. */
export const partialCells: Cell[] = [
  {
    when: 'it ships what is available, and drops what is not',
    ...AVAILABLE,
    stock: { BER: 8 },
    quantity: 16,
    ...CHANGED,
    shelves: ['BER 0/0'],
  },
  {
    when: 'it would ship what is available, and nothing is',
    ...AVAILABLE,
    stock: { BER: 0 },
    status: 'rejected',
    reason: 'out_of_stock',
    ...NOTHING,
    messages: ['order-rejected'],
    shelves: ['BER 0/0'],
  },
  {
    when: 'it waited for stock until its deadline, and ships what is available then',
    ...AVAILABLE,
    stock: { BER: 1 },
    backorderMs: 1000,
    ...CHANGED,
    messages: [...CHANGED.messages, 'order-backordered'],
    shelves: ['BER 0/0'],
  },
  {
    when: 'no carrier takes one of two parcels, which is dropped',
    ...IN_PART,
    faults: [
      { port: 'shipping', operation: 'book', kind: 'refuse', carrier: 'nordpost', times: 1 },
      { port: 'shipping', operation: 'book', kind: 'refuse', carrier: 'hansa-kurier', times: 1 },
    ],
    meanwhile: paysHalf,
    ...CHANGED,
    packs: ['pack', 'pack', 'return_to_shelf'],
    shelves: ONE_OF_TWO,
  },
  {
    when: 'the warehouse refuses to pack one of two parcels, which is dropped',
    ...IN_PART,
    faults: [{ port: 'warehouse', operation: 'pack', kind: 'refuse', times: 1 }],
    meanwhile: paysHalf,
    ...CHANGED,
    shelves: ONE_OF_TWO,
  },
  {
    when: 'one of two parcels is dropped, and then the capture is refused',
    ...IN_PART,
    faults: [
      { port: 'warehouse', operation: 'pack', kind: 'refuse', times: 1 },
      { port: 'payment', operation: 'capture', kind: 'refuse', times: 1 },
    ],
    status: 'rejected',
    reason: 'payment_declined',
    ...undoneAfter(4),
    messages: ['order-confirmed', 'order-changed', 'order-rejected'],
    shelves: ['BER 8/0', 'HAM 8/0'],
  },
  {
    when: 'no carrier takes any of its parcels',
    ...IN_PART,
    faults: [{ port: 'shipping', operation: 'book', kind: 'refuse' }],
    status: 'rejected',
    reason: 'no_carrier',
    ...undoneAfter(2),
    packs: ['pack', 'pack', 'return_to_shelf', 'return_to_shelf'],
    messages: ['order-confirmed', 'order-rejected'],
    shelves: ['BER 8/0', 'HAM 8/0'],
  },
];
