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

const QUICK = { firstTryTimeoutMs: 200, stepTimeoutMs: 1500, patienceMs: 3_600_000, carrierAttempts: 100 };
/** Long enough for what is held back to be let go of before the second undo. */
const LONG_DEADLINE = { stepTimeoutMs: 25_000 };
/** No slow machine misses it. */
const WITHIN_MS = 300_000;

/** What meets the undo of an effect that came when its order was at rest. */
const undos: { undo: string; says: string; faults: Pick<SandboxFault, 'kind' | 'times'>[] }[] = [
  { undo: 'fine', says: 'is fine', faults: [] },
  { undo: 'unavailable', says: 'is unavailable for a while', faults: [{ kind: 'unavailable', times: 5 }] },
  { undo: 'refused', says: 'is refused', faults: [{ kind: 'refuse' }] },
  { undo: 'written off', says: 'is refused, and written off', faults: [{ kind: 'refuse' }] },
];
const nameOf = ({ operation }: Pick<Step, 'operation'>, undo: string) => `late ${operation} ${undo}`;
const atRestThen = atProviders.flatMap((step) => undos.map(({ undo, says }) => ({ ...step, undoIs: undo, says })));
const byThemselves = atRestThen.filter(({ undoIs }) => undoIs === 'fine' || undoIs === 'unavailable');
const byPeople = atRestThen.filter((each) => !byThemselves.includes(each));

let stack: FulfilmentStack;
const orders = new Map<string, LiveOrder>();
/** How orders stood when their undo was done. */
const undone = new Map<string, Fulfilled>();

async function start(on: FulfilmentStack, name: string, policy: Partial<Policy> = {}): Promise<LiveOrder> {
  const input = await givenOrder(on.database, { clientReference: name, policy: quickPolicy({ ...QUICK, ...policy }) });
  await on.temporal.start(input);
  const order = on.watch({ orderId: input.orderId, clientReference: name });
  orders.set(name, order);
  return order;
}

/** Cancels an order whose step is held back, and waits until the step is undone. */
async function cancelIn(on: FulfilmentStack, { step }: Step, name: string, policy: Partial<Policy> = {}) {
  const order = await start(on, name, policy);
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

const effectsNow = async (name: string, on = stack) =>
  effects({ ledger: await on.sandbox.ledger(orderOf(name).orderId) });

/** What an order leaves behind of which the step at `operation` was the last, and was undone. */
const undoneFrom = (operation: string) => undoneAfter(steps.findIndex((each) => each.operation === operation) + 1);

/** Waits until the books say that the undo of a late effect is owed, and returns the name of its step. */
async function owedBy(name: string, on = stack): Promise<string> {
  const { orderId } = orderOf(name);
  const late = () => on.database.sagaStep.findFirst({ where: { orderId, late: true, state: 'undoing' } });
  const step = await eventually(late, (found) => found !== null, WITHIN_MS);
  return step?.step ?? '';
}

const statusOf = async (name: string, on = stack) =>
  (await on.database.order.findUniqueOrThrow({ where: { id: orderOf(name).orderId } })).status;

beforeAll(async () => {
  stack = await startFulfilmentStack();
  await givenStock(stack.database, { 'MUG-001': { BER: 100 } });
  const capture = { port: 'payment', operation: 'capture' } as const;
  await stack.sandbox.replaceFaults([
    ...atRestThen.flatMap((each) => holding(nameOf(each, each.undoIs), each)),
    ...steps.flatMap((each) => holding(`unruly ${each.operation}`, each)),
    ...holding('late reserve', { port: 'inventory', operation: 'reserve' }),
    ...holding('late capture', capture),
    ...holding('next leg', { port: 'shipping', operation: 'book' }),
    { ...capture, match: { clientReference: 'cancelled too late' }, kind: 'hold' },
  ]);
  const untilUndone = async (name: string) => undone.set(name, await stack.untilEnd(orderOf(name).orderId));
  const [reserve] = steps as [Step];
  await Promise.all([
    ...atRestThen.map(async (each) => {
      await cancelIn(stack, each, nameOf(each, each.undoIs));
      await untilUndone(nameOf(each, each.undoIs));
    }),
    cancelIn(stack, reserve, 'late reserve').then(() => untilUndone('late reserve')),
    ...atProviders.map((each) => cancelIn(stack, each, `unruly ${each.operation}`, LONG_DEADLINE)),
    start(stack, 'next leg', { patienceMs: 5000, carrierRetries: 20, carrierRetryMs: 300 }).then((order) =>
      order.untilStep('book/BER', 'undone'),
    ),
    start(stack, 'late capture', { patienceMs: 5000 }).then(() => untilUndone('late capture')),
    start(stack, 'cancelled too late').then(async (order) => {
      await order.untilPending('capture');
      expect(await order.cancel()).toEqual({ outcome: 'too_late' });
    }),
  ]);
}, WITHIN_MS);
afterAll(() => stack.stop());

test.each([...atRestThen.map((each) => [nameOf(each, each.undoIs), each.operation]), ['late reserve', 'reserve']])(
  'while its step is held back, %s is undone and comes to rest',
  async (name, operation) => {
    const outcome = undone.get(name);
    expect(outcome).toMatchObject({ status: 'cancelled', bookedStatus: 'cancelled', reason: 'cancelled_by_customer' });
    const before = steps.findIndex((each) => each.operation === operation);
    expect(outcome && effects(outcome)).toEqual(undoneAfter(before));
  },
);

test('while its capture is held back, an order is undone once the others have failed for long', () => {
  const outcome = undone.get('late capture');
  expect(outcome).toMatchObject({ status: 'failed', bookedStatus: 'failed', reason: 'party_unavailable' });
  expect(outcome && effects(outcome)).toEqual(undoneAfter(4));
});

describe('when all that was held back is let go of', () => {
  beforeAll(async () => {
    const at = (clientReference: string, { port, undo }: Step) => ({
      port,
      operation: undo,
      match: { clientReference },
    });
    await stack.sandbox.replaceFaults([
      ...atRestThen.flatMap((each) =>
        undos
          .filter(({ undo }) => undo === each.undoIs)
          .flatMap(({ faults }) => faults.map((fault) => ({ ...at(nameOf(each, each.undoIs), each), ...fault }))),
      ),
      ...atProviders.map((each) => ({
        ...at(`unruly ${each.operation}`, each),
        kind: 'unavailable' as const,
        times: 1,
      })),
    ]);
  }, WITHIN_MS);

  test.each(atRestThen)(
    'what $operation does after its order was undone is written down as owed ($undoIs)',
    async (each) => {
      await owedBy(nameOf(each, each.undoIs));
      expect(await effectsNow(nameOf(each, each.undoIs))).not.toEqual(undoneFrom(each.operation));
    },
    WITHIN_MS,
  );

  test('an undo that is owed for an order at rest is a violation until it is done', async () => {
    const { violations } = await verifyBooks(stack.url);
    const owed = violations.filter(({ check }) => check === 'undoing').map(({ subject }) => subject.split(' ')[0]);
    const atRest = atRestThen.map((each) => orderOf(nameOf(each, each.undoIs)).orderId);
    expect(owed).toEqual(expect.arrayContaining(atRest));
  });

  test.each(byThemselves)(
    'what $operation does so late is undone by itself where its undo $says',
    async (each) => {
      const name = nameOf(each, each.undoIs);
      await stack.untilSettled(orderOf(name).orderId);
      expect(await effectsNow(name)).toEqual(undoneFrom(each.operation));
      expect(await statusOf(name)).toBe('cancelled');
    },
    WITHIN_MS,
  );

  test.each(byPeople)(
    'what $operation does so late calls a person where its undo $says, while the order stays at rest',
    async (each) => {
      const name = nameOf(each, each.undoIs);
      const order = orderOf(name);
      const step = await owedBy(name);
      const stuck = order.untilStuck(step, { status: 'cancelled' });
      expect(await stack.whileSwept(stuck)).toEqual(['retry', 'skip']);
      if (each.undoIs === 'written off') {
        await order.free(step, 'skip');
        await order.untilStep(step, 'skipped');
        expect((await verifyBooks(stack.url)).writeOffs).toContain(`${order.orderId} ${step}`);
      } else {
        await order.heal();
        await order.free(step, 'retry');
        await order.untilStep(step, 'undone');
        expect(await effectsNow(name)).toEqual(undoneFrom(each.operation));
      }
      const { orderId } = order;
      await eventually(
        () => stack.database.stuckStep.count({ where: { orderId, resolvedAt: null } }),
        (count) => count === 0,
        WITHIN_MS,
      );
      expect(await statusOf(name)).toBe('cancelled');
    },
    WITHIN_MS,
  );

  test.each(atProviders)(
    'what $operation does while its order is being undone, and cannot undo at once, is undone before the order rests',
    async ({ operation, step }) => {
      const name = `unruly ${operation}`;
      const { orderId } = orderOf(name);
      const outcome = await stack.untilEnd(orderId);
      expect(outcome).toMatchObject({ status: 'cancelled', bookedStatus: 'cancelled' });
      expect(effects(outcome)).toEqual(undoneFrom(operation));
      const where = { orderId_step: { orderId, step } };
      expect((await stack.database.sagaStep.findUniqueOrThrow({ where })).appliedAt).toBeNull();
    },
    WITHIN_MS,
  );

  test(
    'a label of a leg that was given up is cancelled, and a later leg has its own',
    async () => {
      const outcome = await stack.untilSettled(orderOf('next leg').orderId);
      expect(outcome).toMatchObject({ status: 'delivered', bookedStatus: 'delivered' });
      expect(effects(outcome).labels.sort()).toEqual([
        'nordpost book',
        'nordpost book',
        'nordpost cancel',
        'nordpost hand_over',
      ]);
    },
    WITHIN_MS,
  );

  test(
    'an order that was cancelled too late is captured once, and delivered',
    async () => {
      const outcome = await stack.untilEnd(orderOf('cancelled too late').orderId);
      expect(outcome).toMatchObject({ status: 'delivered', bookedStatus: 'delivered' });
      const { payments, packs, labels } = DELIVERED;
      expect(effects(outcome)).toEqual({ payments, packs, labels });
    },
    WITHIN_MS,
  );

  test('nothing is captured any more of an order whose authorisation was let go of', async () => {
    expect(await effectsNow('late capture')).toEqual(undoneAfter(4));
  });

  test.each([...atRestThen.map((each) => [nameOf(each, each.undoIs), each.step]), ['late reserve', 'reserve-stock']])(
    'the step of %s is not applied by what it did so late',
    async (name, step) => {
      const where = { orderId_step: { orderId: orderOf(name).orderId, step } };
      const row = await stack.database.sagaStep.findUniqueOrThrow({ where });
      expect(row.appliedAt).toBeNull();
      expect(await statusOf(name)).toBe('cancelled');
    },
  );

  test(
    'the books balance after all of it, and each history replays',
    async () => {
      const { violations, orders: count, writeOffs } = await verifyBooks(stack.url);
      expect(violations).toEqual([]);
      expect(count).toBe(orders.size);
      expect(writeOffs).toHaveLength(atProviders.length);
      expect(await amissInHistories(stack)).toEqual([]);
    },
    WITHIN_MS,
  );
});

test(
  'what every party does so late is undone while the circuits of all of them are open',
  async () => {
    const guarded = await startFulfilmentStack({ circuits: { openAfter: 1, halfOpenAfterMs: 3_600_000 } });
    await givenStock(guarded.database, { 'MUG-001': { BER: 100 } });
    const open = (operation: string) => `open ${operation}`;
    await guarded.sandbox.replaceFaults(atProviders.flatMap((each) => holding(open(each.operation), each)));
    // The last step first: an order must come to its step before the circuits of those before it open.
    for (const each of [...atProviders].reverse()) {
      const { orderId } = await cancelIn(guarded, each, open(each.operation));
      await guarded.untilEnd(orderId);
    }
    expect(guarded.openCircuits()).toEqual(expect.arrayContaining(['payment', 'warehouse', 'shipping/nordpost']));
    await guarded.sandbox.replaceFaults([]);
    for (const { operation } of atProviders) await owedBy(open(operation), guarded);
    for (const { operation } of atProviders) {
      const name = open(operation);
      await guarded.untilSettled(orderOf(name).orderId);
      expect(await effectsNow(name, guarded)).toEqual(undoneFrom(operation));
      expect(await statusOf(name, guarded)).toBe('cancelled');
    }
    expect(guarded.openCircuits()).toEqual(expect.arrayContaining(['payment', 'warehouse', 'shipping/nordpost']));
    expect((await verifyBooks(guarded.url)).violations).toEqual([]);
    await guarded.stop();
  },
  WITHIN_MS,
);
