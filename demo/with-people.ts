import { cancelAt, cancelDuring, comesBack, free, restock, review } from './acts';
import type { Scenario } from './scenario';
import { DEMO_LAMP } from './shelves';

const LINES = [{ sku: 'MUG-001', quantity: 1 }];
const HOUR_MS = 3600 * 1000;

/** The order cannot be packed, so it is undone; and one undo, letting the money go, is refused. */
const VOID_REFUSED: Scenario['faults'] = [
  { port: 'warehouse', operation: 'pack', kind: 'refuse' },
  { port: 'payment', operation: 'void', kind: 'refuse' },
];

/** Orders that the customer or staff decide about. */
export const withPeople: Scenario[] = [
  {
    title: 'cancelled in time',
    shows:
      'Cancelled while a slow carrier is still being booked: all is undone at once. It rests half a minute later, when\n' +
      'the booking that was under way can have no effect any more.',
    lines: LINES,
    faults: [{ port: 'shipping', operation: 'book', kind: 'slow', delayMs: 5000 }],
    act: cancelDuring('book/BER', 'cancels'),
    restsLate: true,
  },
  {
    title: 'cancelled too late',
    shows: 'Once the payment is captured an order only goes forward; the answer says so, and how to return it.',
    lines: LINES,
    act: cancelAt('shipped', 'cancels'),
  },
  {
    title: 'a late effect',
    shows:
      'The bank sits on the authorisation, and the customer cancels. The demo lets the bank go on when the order has long\n' +
      'been undone: the money is held after all. The books owe its undo then, and a sweep starts it within a minute.',
    lines: LINES,
    faults: [{ port: 'payment', operation: 'authorise', kind: 'hold' }],
    act: cancelDuring('authorise-payment', 'cancels'),
    restsLate: true,
  },
  {
    title: 'no carrier',
    shows:
      'No carrier takes the parcel: the goods go back on the shelf, and in 15 minutes (policy) carriers would be asked again.\n' +
      'The demo has no time to wait, so its customer cancels.',
    lines: LINES,
    faults: [{ port: 'shipping', operation: 'book', kind: 'refuse' }],
    act: cancelAt('pending_retry', 'does not wait, and cancels'),
  },
  {
    title: 'waits for stock',
    shows: 'Back-ordered: it waits until stock arrives, for an hour at most, and then goes on by itself.',
    lines: [{ sku: DEMO_LAMP, quantity: 1 }],
    options: { backorderUntil: new Date(Date.now() + HOUR_MS).toISOString() },
    act: restock(DEMO_LAMP, 'BER', 'a lamp arrives'),
  },
  {
    title: 'review, approved',
    shows: 'Screening holds what goes to Review Street, until staff decide.',
    lines: LINES,
    street: 'Review Street 1',
    act: review('approve', 'approves', 'an old customer'),
  },
  {
    title: 'review, rejected',
    shows: 'The same, and staff say no.',
    lines: LINES,
    street: 'Review Street 2',
    act: review('reject', 'rejects', 'the phone number belongs to somebody else'),
  },
  {
    title: 'stuck, tried again',
    shows:
      'It cannot be packed, so it is undone; the bank refuses to let the money go, which is for a person. The stock is\n' +
      'released meanwhile. Staff settle it with the bank and have it retried.',
    lines: LINES,
    faults: VOID_REFUSED,
    act: free('authorise-payment', 'retry', {
      words: 'has the void retried',
      note: 'settled with the bank',
      mended: true,
    }),
  },
  {
    title: 'stuck, written off',
    shows:
      'The same, and the bank goes on refusing: staff skip the void. The books list it as a write-off from now on.',
    lines: LINES,
    faults: VOID_REFUSED,
    act: free('authorise-payment', 'skip', { words: 'writes the void off', note: 'it lapses at the bank in a week' }),
  },
  {
    title: 'not handed over',
    shows:
      'Paid, and the carrier does not fetch the parcel. Nothing is undone by itself then: staff decide to give it up. The\n' +
      'goods go back on the shelf and the money is refunded.',
    lines: LINES,
    faults: [{ port: 'shipping', operation: 'hand_over', kind: 'refuse' }],
    act: free('hand-over', 'refund', { words: 'gives it up and refunds it', note: 'the depot has closed' }),
  },
  {
    title: 'comes back',
    shows: 'Delivered and sent back. Staff let it come, receive and inspect it; what came back is refunded.',
    lines: [{ sku: 'MUG-001', quantity: 2 }],
    act: comesBack('MUG-001', 2),
  },
];
