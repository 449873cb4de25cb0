import { reasons, type Reason } from '../../contracts/failures';
import type { SandboxPort } from '../../contracts/http/sandbox';
import { CELLS_WITHIN_MS, expectedOf, runCells, type Cell, type RanCells } from '../support/cells';
import type { CancelAnswer } from '../support/live-order';
import { DELIVERED, undoneAfter } from '../support/outcomes';

type Meanwhile = NonNullable<Cell['meanwhile']>;

interface Step {
  port: SandboxPort;
  operation: string;
  step: string;
  refusal: Reason;
}

const forward: Step[] = [
  { port: 'inventory', operation: 'reserve', step: 'reserve-stock', refusal: 'out_of_stock' },
  { port: 'payment', operation: 'authorise', step: 'authorise-payment', refusal: 'payment_declined' },
  { port: 'warehouse', operation: 'pack', step: 'pack/BER', refusal: 'packing_refused' },
  { port: 'shipping', operation: 'book', step: 'book/BER', refusal: 'no_carrier' },
  { port: 'payment', operation: 'capture', step: 'capture', refusal: 'payment_declined' },
];

/** What comes of an order that is undone when the first `count` steps took place. */
const undone = (count: number, reason: Reason, confirmed = count > 1) => {
  const { status } = reasons[reason];
  const messages = [...(confirmed ? ['order-confirmed'] : []), `order-${status}`];
  return { status, reason, ...undoneAfter(count), messages };
};

const forwardCells = forward.flatMap(({ port, operation, step, refusal }, before): Cell[] => [
  {
    when: `${operation} is refused`,
    faults: [{ port, operation, kind: 'refuse' }],
    ...undone(before, refusal),
  },
  {
    when: `${operation} is unavailable twice, then fine`,
    faults: [{ port, operation, kind: 'unavailable', times: 2 }],
    ...DELIVERED,
  },
  {
    when: `${operation} is unavailable for good`,
    faults: [{ port, operation, kind: 'unavailable' }],
    ...undone(before, 'party_unavailable'),
  },
  {
    when: `${operation} takes effect, then its reply is lost`,
    faults: [{ port, operation, kind: 'effect_then_timeout', times: 1 }],
    ...DELIVERED,
  },
  {
    when: `${operation} takes effect, then its reply is lost, and then it is unavailable for good`,
    faults: [
      { port, operation, kind: 'effect_then_timeout', times: 1 },
      { port, operation, kind: 'unavailable' },
    ],
    ...(operation === 'capture' ? DELIVERED : undone(before + 1, 'party_unavailable', before > 1)),
    ...(operation === 'capture' && { policy: { patienceMs: 1500 } }),
  },
  {
    when: `${operation} is slow, and the order is cancelled meanwhile`,
    faults: [{ port, operation, kind: 'slow', delayMs: 10_000 }],
    policy: { firstTryTimeoutMs: 200, partyTimeoutMs: 2500, stepTimeoutMs: 14_000 },
    meanwhile: async (order) => {
      await order.untilPending(step);
      const expected: CancelAnswer = { outcome: operation === 'capture' ? 'too_late' : 'accepted' };
      expect(await order.cancel()).toEqual(expected);
    },
    ...(operation === 'capture' ? DELIVERED : undone(before + 1, 'cancelled_by_customer', before > 1)),
  },
]);

/** Each undo, and the step by whose refusal it becomes due. */
const undos: (Omit<Step, 'refusal'> & { carrier?: string; due: number })[] = [
  { port: 'inventory', operation: 'release', step: 'reserve-stock', due: 3 },
  { port: 'payment', operation: 'void', step: 'authorise-payment', due: 3 },
  { port: 'warehouse', operation: 'return_to_shelf', step: 'pack/BER', due: 3 },
  { port: 'shipping', operation: 'cancel', step: 'book/BER', carrier: 'nordpost', due: 4 },
];

/** What is left where a person wrote an undo off. */
const left: Record<string, Partial<Cell>> = {
  release: { shelves: ['BER 10/2'] },
  void: { payments: ['authorise'] },
  return_to_shelf: { packs: ['pack'], shelves: ['BER 8/0'] },
  cancel: { labels: ['nordpost book'] },
};

const undoCells = undos.flatMap(({ port, operation, step, due, carrier }): Cell[] => {
  const refused = forward[due];
  if (refused === undefined) throw new Error(`there is no step ${due}`);
  const trigger = { port: refused.port, operation: refused.operation, kind: 'refuse' } as const;
  const fault = { port, operation, ...(carrier !== undefined && { carrier }) };
  const expected = undone(due, refused.refusal);
  const freedBy =
    (action: 'retry' | 'skip'): Meanwhile =>
    async (order) => {
      expect(await order.untilStuck(step)).toEqual(['retry', 'skip']);
      await order.free(step, action);
    };
  return [
    { when: `the undo ${operation} is fine`, faults: [trigger], ...expected },
    {
      when: `the undo ${operation} is unavailable twice`,
      faults: [trigger, { ...fault, kind: 'unavailable', times: 2 }],
      ...expected,
    },
    {
      when: `the undo ${operation} takes effect, then its reply is lost`,
      faults: [trigger, { ...fault, kind: 'effect_then_timeout', times: 1 }],
      ...expected,
    },
    {
      when: `the undo ${operation} is refused, then freed by retry`,
      faults: [trigger, { ...fault, kind: 'refuse', times: 1 }],
      meanwhile: freedBy('retry'),
      ...expected,
    },
    {
      when: `the undo ${operation} is refused, then skipped`,
      faults: [trigger, { ...fault, kind: 'refuse', times: 1 }],
      meanwhile: freedBy('skip'),
      ...expected,
      ...left[operation],
      writeOffs: [step],
    },
  ];
});

const matrix = [...forwardCells, ...undoCells];

let ran: RanCells;
beforeAll(async () => {
  ran = await runCells(matrix);
}, CELLS_WITHIN_MS);
afterAll(() => ran.stack.stop());

test('no workflow task failed, and each history replays and tells of no person', () => {
  expect(ran.amiss).toEqual([]);
});

test.each(matrix)('when $when, the order ends $status and the books say exactly that', (cell) => {
  expect(ran.outcome(cell)).toEqual(expectedOf(cell));
});

test(`the matrix has ${matrix.length} cells, and the books balance after all of them`, () => {
  expect(matrix).toHaveLength(5 * 6 + 4 * 5);
  expect(ran.unusedFaults).toEqual([]);
  expect(ran.books.violations).toEqual([]);
  expect(ran.books.orders).toBe(matrix.length);
  expect(ran.books.writeOffs).toHaveLength(undos.length);
});
