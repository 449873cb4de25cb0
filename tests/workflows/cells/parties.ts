import type { SandboxPort } from '../../../contracts/http/sandbox';
import type { Cell } from '../../support/cells';
import { DELIVERED, NOTHING, undoneAfter } from '../../support/outcomes';

const CONFIRMED_THEN_REJECTED = ['order-confirmed', 'order-rejected'];

/** The parties whose steps have no undo: lost replies and short outages are mended, whatever the order is doing. */
const mended: Cell[] = (
  [
    ['screening', 'screen'],
    ['shipping', 'hand_over'],
    ['notification', 'send'],
  ] as [SandboxPort, string][]
).flatMap(([port, operation]) => [
  {
    when: `${port} does ${operation} but its reply is lost`,
    faults: [{ port, operation, kind: 'effect_then_timeout', times: 1 }],
    ...DELIVERED,
  },
  {
    when: `${port} is unavailable twice for ${operation}`,
    faults: [{ port, operation, kind: 'unavailable', times: 2 }],
    ...DELIVERED,
  },
]);

const refused: Cell[] = [
  {
    when: 'screening refuses',
    faults: [{ port: 'screening', operation: 'screen', kind: 'refuse' }],
    status: 'rejected',
    reason: 'screening_refused',
    ...NOTHING,
    messages: ['order-rejected'],
  },
  {
    when: 'screening stays unavailable',
    faults: [{ port: 'screening', operation: 'screen', kind: 'unavailable' }],
    status: 'failed',
    reason: 'party_unavailable',
    ...NOTHING,
    messages: ['order-failed'],
  },
  {
    when: 'there is not enough stock',
    quantity: 100,
    status: 'rejected',
    reason: 'out_of_stock',
    ...NOTHING,
    messages: ['order-rejected'],
  },
  {
    when: 'the card is declined',
    order: { token: 'tok_declined' },
    status: 'rejected',
    reason: 'payment_declined',
    ...NOTHING,
    messages: ['order-rejected'],
  },
];

const lateAnswers: Cell[] = [
  { when: 'nothing goes wrong', ...DELIVERED },
  {
    when: 'the capture takes place, its reply is lost, and asked again the provider refuses',
    faults: [
      { port: 'payment', operation: 'capture', kind: 'effect_then_timeout', times: 1 },
      { port: 'payment', operation: 'capture', kind: 'refuse', times: 1 },
    ],
    ...DELIVERED,
  },
  {
    when: 'the authorisation answers too late for two tries',
    faults: [{ port: 'payment', operation: 'authorise', kind: 'slow', delayMs: 2500, times: 2 }],
    policy: { partyTimeoutMs: 1000 },
    ...DELIVERED,
  },
];

const SECOND_CARRIER = { ...DELIVERED, labels: ['hansa-kurier book', 'hansa-kurier hand_over'] };
const AFTER_A_LABEL = { ...DELIVERED, labels: ['nordpost book', 'nordpost cancel', ...SECOND_CARRIER.labels] };

const carriers: Cell[] = [
  {
    when: 'the first carrier refuses',
    faults: [{ port: 'shipping', operation: 'book', kind: 'refuse', carrier: 'nordpost' }],
    ...SECOND_CARRIER,
  },
  {
    when: 'the first carrier stays unavailable',
    faults: [{ port: 'shipping', operation: 'book', kind: 'unavailable', carrier: 'nordpost' }],
    ...SECOND_CARRIER,
  },
  {
    when: 'the first carrier books, but all its replies are lost',
    faults: [{ port: 'shipping', operation: 'book', kind: 'effect_then_timeout', carrier: 'nordpost' }],
    ...AFTER_A_LABEL,
  },
  {
    when: 'the first carrier books, its reply is lost, and asked again it refuses',
    faults: [
      { port: 'shipping', operation: 'book', kind: 'effect_then_timeout', times: 1, carrier: 'nordpost' },
      { port: 'shipping', operation: 'book', kind: 'refuse', times: 1, carrier: 'nordpost' },
    ],
    ...AFTER_A_LABEL,
  },
];

const SPLIT = { stock: { BER: 5, HAM: 15 }, quantity: 16 };

const splits: Cell[] = [
  {
    when: 'the order is split over two warehouses',
    ...SPLIT,
    ...DELIVERED,
    packs: ['pack', 'pack'],
    labels: [...DELIVERED.labels, ...DELIVERED.labels],
    shelves: ['BER 0/0', 'HAM 4/0'],
  },
  {
    when: 'a split order finds no carrier',
    ...SPLIT,
    faults: [{ port: 'shipping', operation: 'book', kind: 'refuse' }],
    status: 'rejected',
    reason: 'no_carrier',
    ...undoneAfter(2),
    packs: ['pack', 'pack', 'return_to_shelf', 'return_to_shelf'],
    messages: CONFIRMED_THEN_REJECTED,
    shelves: ['BER 5/0', 'HAM 15/0'],
  },
];

/** What parties may do to an order besides the matrix of its steps. */
export const partyCells = [...lateAnswers, ...refused, ...mended, ...carriers, ...splits];
