import { isDeepStrictEqual } from 'node:util';
import type { Policy } from '../../contracts/policy';
import type { SandboxFault, SandboxPort } from '../../contracts/http/sandbox';
import { verifyBooks } from '../../books/verify';
import { eventually } from '../support/eventually';
import { startFulfilmentStack, type Fulfilled, type FulfilmentStack } from '../support/fulfilment-stack';
import { givenOrder, givenStock, quickPolicy } from '../support/given';
import { amissInHistories } from '../support/histories';
import type { LiveOrder } from '../support/live-order';
import { DELIVERED, undoneAfter } from '../support/outcomes';

interface Step {
  port: SandboxPort;
  operation: string;
  step: string;
  undo: string;
}

/** In their order: before an order comes to one of them, it has taken the others. */
const steps: Step[] = [
  { port: 'inventory', operation: 'reserve', step: 'reserve-stock', undo: 'release' },
  { port: 'payment', operation: 'authorise', step: 'authorise-payment', undo: 'void' },
  { port: 'warehouse', operation: 'pack', step: 'pack/BER', undo: 'return_to_shelf' },
  { port: 'shipping', operation: 'book', step: 'book/BER', undo: 'cancel' },
];
/** Stock is our own: its effect shares the transaction that is refused. */
const atProviders = steps.filter(({ port }) => port !== 'inventory');

/** An order's first try is held back; those after it fail, so that nothing but the late effect takes place. */
const holding = (clientReference: string, { port, operation }: Pick<Step, 'port' | 'operation'>): SandboxFault[] => [
  { port, operation, match: { clientReference }, kind: 'hold', times: 1 },
  { port, operation, match: { clientReference }, kind: 'unavailable' },
];

const QUICK = { firstTryTimeoutMs: 200, stepTimeoutMs: 1500, patienceMs: 60_000, carrierAttempts: 100 };
/** Long enough for what is held back to be let go of before the second undo. */
const LONG_DEADLINE = { stepTimeoutMs: 12_000 };

let stack: FulfilmentStack;
const orders = new Map<string, LiveOrder>();
/** How orders stood when their undo was done, and when all was over. */
const undone = new Map<string, Fulfilled>();
const over = new Map<string, Fulfilled>();

async function start(name: string, policy: Partial<Policy> = {}): Promise<LiveOrder> {
  const input = await givenOrder(stack.database, {
    clientReference: name,
    policy: quickPolicy({ ...QUICK, ...policy }),
  });
  await stack.temporal.start(input);
  const order = stack.watch({ orderId: input.orderId, clientReference: name });
  orders.set(name, order);
  return order;
}

/** Cancels an order whose step is held back, and waits until the step is undone. */
async function cancelIn({ step }: Step, name: string, policy: Partial<Policy> = {}): Promise<LiveOrder> {
  const order = await start(name, policy);
  await order.untilPending(step);
  expect(await order.cancel()).toEqual({ outcome: 'accepted' });
  await order.untilStep(step, 'undone');
  return order;
}

const orderOf = (name: string): LiveOrder => {
  const order = orders.get(name);
  if (order === undefined) throw new Error(`there is no order ${name}`);
  return order;
};

const effects = ({ ledger }: Pick<Fulfilled, 'ledger'>) => ({
  payments: ledger.payments.map(({ operation }) => operation),
  packs: ledger.packs.map(({ operation }) => operation),
  labels: ledger.labels.map(({ carrier, operation }) => `${carrier} ${operation}`),
});

const effectsNow = async (name: string) => effects({ ledger: await stack.sandbox.ledger(orderOf(name).orderId) });

const untilOver = async (name: string) => void over.set(name, await stack.untilEnd(orderOf(name).orderId));

beforeAll(async () => {
  stack = await startFulfilmentStack();
  await givenStock(stack.database, { 'MUG-001': { BER: 100 } });
  const capture = { port: 'payment', operation: 'capture' } as const;
  await stack.sandbox.replaceFaults([
    ...steps.flatMap((each) => holding(`late ${each.operation}`, each)),
    ...atProviders.flatMap((each) => holding(`unruly ${each.operation}`, each)),
    ...holding('late capture', capture),
    ...holding('next leg', { port: 'shipping', operation: 'book' }),
    { ...capture, match: { clientReference: 'cancelled too late' }, kind: 'hold' },
  ]);
  const untilUndone = async (name: string) => undone.set(name, await stack.untilEnd(orderOf(name).orderId));
  await Promise.all([
    ...steps.map((each) => cancelIn(each, `late ${each.operation}`).then(() => untilUndone(`late ${each.operation}`))),
    ...atProviders.map((each) => cancelIn(each, `unruly ${each.operation}`, LONG_DEADLINE)),
    start('next leg', { patienceMs: 700, carrierRetries: 20, carrierRetryMs: 300 }).then((order) =>
      order.untilStep('book/BER', 'undone'),
    ),
    start('late capture', { patienceMs: 800 }).then(() => untilUndone('late capture')),
    start('cancelled too late').then(async (order) => {
      await order.untilPending('capture');
      expect(await order.cancel()).toEqual({ outcome: 'too_late' });
    }),
  ]);
}, 120_000);
afterAll(() => stack.stop());

test.each(steps)('while its $operation is held back, an order is undone and comes to rest', ({ operation }) => {
  const outcome = undone.get(`late ${operation}`);
  expect(outcome).toMatchObject({ status: 'cancelled', bookedStatus: 'cancelled', reason: 'cancelled_by_customer' });
  const before = steps.findIndex((each) => each.operation === operation);
  expect(outcome && effects(outcome)).toEqual(undoneAfter(before));
});

test('while its capture is held back, an order is undone once the others have failed for long', () => {
  const outcome = undone.get('late capture');
  expect(outcome).toMatchObject({ status: 'failed', bookedStatus: 'failed', reason: 'party_unavailable' });
  expect(outcome && effects(outcome)).toEqual(undoneAfter(4));
});

describe('when all that was held back is let go of', () => {
  beforeAll(async () => {
    await stack.sandbox.replaceFaults(
      atProviders.map(({ port, operation, undo }) => {
        const match = { clientReference: `unruly ${operation}` };
        return { port, operation: undo, match, kind: 'unavailable', times: 1 };
      }),
    );
  });

  test.each(atProviders)(
    'what $operation does after its order was undone is undone by itself',
    async ({ operation }) => {
      const after = undoneAfter(steps.findIndex((each) => each.operation === operation) + 1);
      await eventually(
        () => effectsNow(`late ${operation}`),
        (now) => isDeepStrictEqual(now, after),
      );
    },
  );

  test.each(atProviders)(
    'what $operation does so late, and cannot undo by itself, is undone after its deadline, before the order rests',
    async ({ operation, step }) => {
      const name = `unruly ${operation}`;
      const { orderId } = orderOf(name);
      const strikes = { where: { match: { path: ['clientReference'], equals: name }, remaining: 0 } };
      await eventually(
        () => stack.database.sandboxFault.count(strikes),
        (count) => count === 1,
      );
      await untilOver(name);
      const after = undoneAfter(steps.findIndex((each) => each.operation === operation) + 1);
      expect(over.get(name)).toMatchObject({ status: 'cancelled', bookedStatus: 'cancelled' });
      expect(await effectsNow(name)).toEqual(after);
      const { appliedAt } = await stack.database.sagaStep.findUniqueOrThrow({
        where: { orderId_step: { orderId, step } },
      });
      expect(appliedAt).toBeNull();
    },
  );

  test('a label of a leg that was given up is cancelled, and a later leg has its own', async () => {
    await untilOver('next leg');
    expect(over.get('next leg')).toMatchObject({ status: 'delivered', bookedStatus: 'delivered' });
    expect((await effectsNow('next leg')).labels.sort()).toEqual([
      'nordpost book',
      'nordpost book',
      'nordpost cancel',
      'nordpost hand_over',
    ]);
  });

  test('an order that was cancelled too late is captured once, and delivered', async () => {
    await untilOver('cancelled too late');
    expect(over.get('cancelled too late')).toMatchObject({ status: 'delivered', bookedStatus: 'delivered' });
    expect(await effectsNow('cancelled too late')).toEqual({
      payments: DELIVERED.payments,
      packs: DELIVERED.packs,
      labels: DELIVERED.labels,
    });
  });

  test('nothing is captured any more of an order whose authorisation was let go of', async () => {
    expect(await effectsNow('late capture')).toEqual(undoneAfter(4));
  });

  test.each(steps)('what $operation does so late is written nowhere in our books', async ({ operation, step }) => {
    const { orderId } = orderOf(`late ${operation}`);
    const where = { orderId_step: { orderId, step } };
    const row = await stack.database.sagaStep.findUniqueOrThrow({ where });
    expect([row.state, row.appliedAt]).toEqual(['undone', null]);
    const { status } = await stack.database.order.findUniqueOrThrow({ where: { id: orderId } });
    expect(status).toBe('cancelled');
  });

  test('the books balance after all of it, and each history replays', async () => {
    const { violations, orders: count } = await verifyBooks(stack.url);
    expect(violations).toEqual([]);
    expect(count).toBe(orders.size);
    expect(await amissInHistories(stack)).toEqual([]);
  });
});
