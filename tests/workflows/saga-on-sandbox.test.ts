import type { SandboxFault } from '../../contracts/sandbox';
import { verifyBooks } from '../../infra/books/verify';
import { startFulfilmentStack, type Fulfilled, type FulfilmentStack } from '../support/fulfilment-stack';
import { givenStock, quickPolicy, type GivenOrder } from '../support/given';

type Fault = Pick<SandboxFault, 'port' | 'operation' | 'kind'> & { times?: number; carrier?: string; delayMs?: number };

interface Case {
  /** What happens to the order. */
  when: string;
  faults?: Fault[];
  order?: GivenOrder;
  status: string;
  reason?: string;
  /** The effects in the providers' books, in order, by party. */
  payments: string[];
  packs: string[];
  labels: string[];
  messages: string[];
}

const HELD = ['authorise', 'void'];
const DELIVERED = {
  status: 'delivered',
  payments: ['authorise', 'capture'],
  packs: ['pack'],
  labels: ['nordpost book', 'nordpost hand_over'],
  messages: ['order-confirmed', 'order-shipped', 'order-delivered'],
};
const NOTHING = { payments: [], packs: [], labels: [] };
const CONFIRMED_THEN_REJECTED = ['order-confirmed', 'order-rejected'];

const split = (sku: string): GivenOrder => ({ lines: [{ sku, quantity: 16 }] });

const refused: Case[] = [
  {
    when: 'screening refuses',
    faults: [{ port: 'screening', operation: 'screen', kind: 'refuse' }],
    status: 'rejected',
    reason: 'screening_refused',
    ...NOTHING,
    messages: ['order-rejected'],
  },
  {
    when: 'there is not enough stock',
    order: { lines: [{ sku: 'SCARCE-1', quantity: 100 }] },
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
  {
    when: 'the warehouse cannot pack',
    faults: [{ port: 'warehouse', operation: 'pack', kind: 'refuse' }],
    status: 'rejected',
    reason: 'packing_refused',
    payments: HELD,
    packs: [],
    labels: [],
    messages: CONFIRMED_THEN_REJECTED,
  },
  {
    when: 'no carrier takes the parcel',
    faults: [{ port: 'shipping', operation: 'book', kind: 'refuse' }],
    status: 'rejected',
    reason: 'no_carrier',
    payments: HELD,
    packs: ['pack', 'return_to_shelf'],
    labels: [],
    messages: CONFIRMED_THEN_REJECTED,
  },
  {
    when: 'the capture is refused',
    faults: [{ port: 'payment', operation: 'capture', kind: 'refuse' }],
    status: 'rejected',
    reason: 'payment_declined',
    payments: HELD,
    packs: ['pack', 'return_to_shelf'],
    labels: ['nordpost book', 'nordpost cancel'],
    messages: CONFIRMED_THEN_REJECTED,
  },
];

const happyOperations: [SandboxFault['port'], string][] = [
  ['screening', 'screen'],
  ['inventory', 'reserve'],
  ['payment', 'authorise'],
  ['warehouse', 'pack'],
  ['shipping', 'book'],
  ['payment', 'capture'],
  ['shipping', 'hand_over'],
  ['notification', 'send'],
];

const recovered: Case[] = happyOperations.flatMap(([port, operation]) => [
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

const outlived: Case[] = [
  { port: 'screening', operation: 'screen', ...NOTHING, messages: ['order-failed'] },
  { port: 'inventory', operation: 'reserve', ...NOTHING, messages: ['order-failed'] },
  { port: 'payment', operation: 'authorise', ...NOTHING, messages: ['order-failed'] },
  {
    port: 'warehouse',
    operation: 'pack',
    payments: HELD,
    packs: [],
    labels: [],
    messages: ['order-confirmed', 'order-failed'],
  },
  {
    port: 'shipping',
    operation: 'book',
    payments: HELD,
    packs: ['pack', 'return_to_shelf'],
    labels: [],
    messages: ['order-confirmed', 'order-failed'],
  },
].map(({ port, operation, ...expected }) => ({
  when: `${port} stays unavailable for ${operation}`,
  faults: [{ port: port as SandboxFault['port'], operation, kind: 'unavailable' as const }],
  status: 'failed',
  reason: 'party_unavailable',
  ...expected,
}));

const undone: Case[] = (
  [
    ['inventory', 'release'],
    ['payment', 'void'],
    ['warehouse', 'return_to_shelf'],
    ['shipping', 'cancel'],
  ] as [SandboxFault['port'], string][]
).flatMap(([port, operation]) =>
  (['effect_then_timeout', 'unavailable'] as const).map((kind) => ({
    when: `the undo ${operation} at ${port} meets ${kind}`,
    faults: [
      { port: 'payment' as const, operation: 'capture', kind: 'refuse' as const },
      { port, operation, kind, times: kind === 'unavailable' ? 2 : 1 },
    ],
    status: 'rejected',
    reason: 'payment_declined',
    payments: HELD,
    packs: ['pack', 'return_to_shelf'],
    labels: ['nordpost book', 'nordpost cancel'],
    messages: CONFIRMED_THEN_REJECTED,
  })),
);

const special: Case[] = [
  { when: 'nothing goes wrong', ...DELIVERED },
  {
    when: 'the first carrier refuses',
    faults: [{ port: 'shipping', operation: 'book', kind: 'refuse', carrier: 'nordpost' }],
    ...DELIVERED,
    labels: ['hansa-kurier book', 'hansa-kurier hand_over'],
  },
  {
    when: 'the first carrier stays unavailable',
    faults: [{ port: 'shipping', operation: 'book', kind: 'unavailable', carrier: 'nordpost' }],
    ...DELIVERED,
    labels: ['hansa-kurier book', 'hansa-kurier hand_over'],
  },
  {
    when: 'the first carrier books, but all its replies are lost',
    faults: [{ port: 'shipping', operation: 'book', kind: 'effect_then_timeout', carrier: 'nordpost' }],
    ...DELIVERED,
    labels: ['nordpost book', 'nordpost cancel', 'hansa-kurier book', 'hansa-kurier hand_over'],
  },
  {
    when: 'the capture takes place, its reply is lost, and asked again the provider refuses',
    faults: [
      { port: 'payment', operation: 'capture', kind: 'effect_then_timeout', times: 1 },
      { port: 'payment', operation: 'capture', kind: 'refuse', times: 1 },
    ],
    ...DELIVERED,
  },
  {
    when: 'the first carrier books, its reply is lost, and asked again it refuses',
    faults: [
      { port: 'shipping', operation: 'book', kind: 'effect_then_timeout', times: 1, carrier: 'nordpost' },
      { port: 'shipping', operation: 'book', kind: 'refuse', times: 1, carrier: 'nordpost' },
    ],
    ...DELIVERED,
    labels: ['nordpost book', 'nordpost cancel', 'hansa-kurier book', 'hansa-kurier hand_over'],
  },
  {
    when: 'the authorisation answers too late for two tries',
    faults: [{ port: 'payment', operation: 'authorise', kind: 'slow', delayMs: 1300, times: 2 }],
    ...DELIVERED,
  },
  {
    when: 'the order is split over two warehouses',
    order: split('SPLIT-1'),
    ...DELIVERED,
    packs: ['pack', 'pack'],
    labels: ['nordpost book', 'nordpost book', 'nordpost hand_over', 'nordpost hand_over'],
  },
  {
    when: 'a split order finds no carrier',
    order: split('SPLIT-2'),
    faults: [{ port: 'shipping', operation: 'book', kind: 'refuse' }],
    status: 'rejected',
    reason: 'no_carrier',
    payments: HELD,
    packs: ['pack', 'pack', 'return_to_shelf', 'return_to_shelf'],
    labels: [],
    messages: CONFIRMED_THEN_REJECTED,
  },
];

const cases = [...special, ...refused, ...recovered, ...outlived, ...undone];

let stack: FulfilmentStack;
const outcomes = new Map<string, Fulfilled>();

/** All cases run side by side, each with faults that match only its own order. */
beforeAll(async () => {
  stack = await startFulfilmentStack();
  await givenStock(stack.database, {
    'MUG-001': { BER: 1000 },
    'SCARCE-1': { BER: 5 },
    'SPLIT-1': { BER: 5, HAM: 15 },
    'SPLIT-2': { BER: 5, HAM: 15 },
  });
  await stack.sandbox.replaceFaults(
    cases.flatMap(({ faults = [] }, index) =>
      faults.map(({ carrier, ...fault }) => ({ ...fault, match: { clientReference: `case-${index}`, carrier } })),
    ),
  );
  await Promise.all(
    cases.map(async ({ when, order, status }, index) => {
      const policy = quickPolicy({ patienceMs: status === 'failed' ? 1500 : 60_000 });
      outcomes.set(when, await stack.fulfil({ policy, ...order, clientReference: `case-${index}` }));
    }),
  );
}, 120_000);
afterAll(() => stack.stop());

test.each(cases)('when $when, the order ends $status and each effect took place once', (expected) => {
  const outcome = outcomes.get(expected.when);
  const ledger = outcome?.ledger;
  expect({
    status: outcome?.status,
    bookedStatus: outcome?.bookedStatus,
    reason: outcome?.reason ?? undefined,
    payments: ledger?.payments.map(({ operation }) => operation),
    packs: ledger?.packs.map(({ operation }) => operation).sort(),
    labels: sorted(ledger?.labels.map(({ carrier, operation }) => `${carrier} ${operation}`)),
    messages: sorted(ledger?.messages.map(({ template }) => template)),
  }).toEqual({
    status: expected.status,
    bookedStatus: expected.status,
    reason: expected.reason,
    payments: expected.payments,
    packs: expected.packs,
    labels: sorted(expected.labels),
    messages: sorted(expected.messages),
  });
});

test('the books balance after all of it', async () => {
  const { violations, orders } = await verifyBooks(stack.url);
  expect(violations).toEqual([]);
  expect(orders).toBe(cases.length);
});

test('all stock of the undone orders is back on its shelf and free', async () => {
  const units = await stack.database.stockLevel.findMany({
    where: { sku: { in: ['MUG-001', 'SPLIT-2', 'SCARCE-1'] } },
  });
  expect(units.map(({ reserved }) => reserved)).toEqual(units.map(() => 0));
  const delivered = cases.filter(({ status, order }) => status === 'delivered' && order === undefined).length;
  expect(units.find(({ sku }) => sku === 'MUG-001')?.onHand).toBe(1000 - 2 * delivered);
});

const sorted = (texts: string[] | undefined) => [...(texts ?? [])].sort();
