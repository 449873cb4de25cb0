import type { Policy } from '../../contracts/policy';
import { SWEEP, type FulfilOrderInput } from '../../contracts/workflow/order';
import type { SandboxFault } from '../../contracts/http/sandbox';
import { FULFILMENT_TASK_QUEUE } from '../../contracts/workflow/task-queues';
import { verifyBooks } from '../../books/verify';
import type { SweepResult } from '../../workflows/sweep';
import { eventually } from '../support/eventually';
import { startFulfilmentStack, type FulfilmentStack } from '../support/fulfilment-stack';
import { givenOrder, givenStock, quickPolicy } from '../support/given';

let stack: FulfilmentStack;

beforeAll(async () => {
  stack = await startFulfilmentStack();
  await givenStock(stack.database, { 'MUG-001': { BER: 1000 } });
}, 60_000);
afterAll(() => stack.stop());
afterEach(() => stack.sandbox.replaceFaults([]));

const operations = (effects: { operation: string }[]) => effects.map(({ operation }) => operation);

const script = ({ port, operation, kind }: Pick<SandboxFault, 'port' | 'operation' | 'kind'>) =>
  stack.sandbox.replaceFaults([{ port, operation, kind, match: {} }]);

/** Starts an order, waits until it has come to a point, and terminates its workflow there. */
async function terminatedWhen(
  isThere: (orderId: string) => Promise<boolean>,
  policy: Partial<Policy> = {},
): Promise<FulfilOrderInput> {
  const input = await givenOrder(stack.database, { policy: quickPolicy({ firstTryTimeoutMs: 200, ...policy }) });
  const handle = await stack.temporal.start(input);
  await eventually(
    () => isThere(input.orderId),
    (there) => there,
  );
  await handle.terminate('by a test');
  return input;
}

const terminatedAt = (status: string): Promise<FulfilOrderInput> =>
  terminatedWhen(async (id) => (await stack.database.order.findUniqueOrThrow({ where: { id } })).status === status);

/** Sweeps until the stopped order has been taken up: the service lists a terminated workflow a moment later. */
const takeUp = () =>
  eventually(
    () => stack.sweeps.resumeStopped(),
    (taken) => taken > 0,
  );

/**
 * Takes the stopped order up, and waits until its fence has moved: until then the worker may go on with what the stopped
 * run has begun.
 */
async function takenUp(orderId: string): Promise<void> {
  await takeUp();
  await eventually(
    () => stack.database.order.findUniqueOrThrow({ where: { id: orderId } }),
    ({ fenced }) => fenced,
  );
}

describe('an order whose workflow was terminated', () => {
  test('before its capture is undone, whatever steps it had taken', async () => {
    await script({ port: 'shipping', operation: 'book', kind: 'hold' });
    const { orderId } = await terminatedAt('packed');
    await takenUp(orderId);
    await stack.sandbox.replaceFaults([]);
    const { status, reason, ledger } = await stack.untilEnd(orderId);
    expect([status, reason]).toEqual(['failed', 'interrupted']);
    expect(operations(ledger.payments)).toEqual(['authorise', 'void']);
    expect(operations(ledger.packs)).toEqual(['pack', 'return_to_shelf']);
    expect(ledger.stock.map(({ reserved }) => reserved)).toEqual([0]);
  }, 60_000);

  test('in its second leg is undone with all that either leg had taken', async () => {
    const book = { port: 'shipping', operation: 'book', match: {} } as const;
    await stack.sandbox.replaceFaults([
      { ...book, kind: 'refuse', times: 2 },
      { ...book, kind: 'hold' },
    ]);
    const isPacked = (orderId: string) => ({ where: { orderId, step: 'pack/BER#2', state: 'applied' } });
    const { orderId } = await terminatedWhen(async (id) => (await stack.database.sagaStep.count(isPacked(id))) > 0, {
      firstTryTimeoutMs: 2000,
      carrierRetries: 1,
      carrierRetryMs: 100,
    });
    await takenUp(orderId);
    await stack.sandbox.replaceFaults([]);
    const { status, reason, ledger } = await stack.untilEnd(orderId);
    expect([status, reason]).toEqual(['failed', 'interrupted']);
    expect(operations(ledger.payments)).toEqual(['authorise', 'void']);
    expect(operations(ledger.packs)).toEqual(['pack', 'return_to_shelf', 'pack', 'return_to_shelf']);
    expect(ledger.stock.map(({ reserved }) => reserved)).toEqual([0]);
  }, 60_000);

  test('after its capture goes on to delivery, with each effect once', async () => {
    await script({ port: 'shipping', operation: 'hand_over', kind: 'hold' });
    const { orderId } = await terminatedAt('paid');
    await takeUp();
    await stack.sandbox.replaceFaults([]);
    const { status, ledger } = await stack.untilEnd(orderId);
    expect(status).toBe('delivered');
    expect(operations(ledger.payments)).toEqual(['authorise', 'capture']);
    expect(operations(ledger.labels)).toEqual(['book', 'hand_over']);
    expect(ledger.messages.map(({ template }) => template).sort()).toEqual([
      'order-confirmed',
      'order-delivered',
      'order-shipped',
    ]);
  }, 60_000);

  test('while its capture was under way is settled with the provider: what is not captured never will be', async () => {
    await script({ port: 'payment', operation: 'capture', kind: 'hold' });
    const { orderId } = await terminatedAt('packed');
    await takeUp();
    const { status, ledger } = await stack.untilEnd(orderId);
    expect(status).toBe('failed');
    await stack.sandbox.replaceFaults([]);
    expect(operations(ledger.payments)).toEqual(['authorise', 'void']);
  }, 60_000);

  test('after the provider captured, but before our books knew, goes on', async () => {
    await script({ port: 'payment', operation: 'capture', kind: 'effect_then_timeout' });
    const { orderId } = await terminatedWhen(async (id) =>
      operations((await stack.sandbox.ledger(id)).payments).includes('capture'),
    );
    await takeUp();
    await stack.sandbox.replaceFaults([]);
    const { status, ledger } = await stack.untilEnd(orderId);
    expect(status).toBe('delivered');
    expect(operations(ledger.payments)).toEqual(['authorise', 'capture']);
  }, 60_000);

  test('is taken up once, however often it is swept', async () => {
    await script({ port: 'shipping', operation: 'hand_over', kind: 'hold' });
    const { orderId } = await terminatedAt('paid');
    await takeUp();
    await stack.sweeps.resumeStopped();
    await stack.sandbox.replaceFaults([]);
    await stack.untilEnd(orderId);
    await stack.sweeps.resumeStopped();
    const runs: string[] = [];
    await eventually(
      async () => {
        runs.length = 0;
        const query = `WorkflowId = 'order-${orderId}'`;
        for await (const { runId } of stack.temporal.env.client.workflow.list({ query })) runs.push(runId);
        return runs.length;
      },
      (count) => count === 2,
    );
  }, 60_000);
});

test('an accepted order that has no workflow gets one', async () => {
  const { orderId } = await givenOrder(stack.database);
  await stack.sweeps.startUnstarted();
  expect((await stack.untilEnd(orderId)).status).toBe('delivered');
}, 60_000);

test('messages that could not be sent beside their order are sent later', async () => {
  await script({ port: 'notification', operation: 'send', kind: 'unavailable' });
  const policy = quickPolicy({ messageTimeoutMs: 300 });
  const { orderId, status, ledger } = await stack.fulfil({ policy });
  expect([status, ledger.messages]).toEqual(['delivered', []]);
  await stack.sandbox.replaceFaults([]);
  await stack.sweeps.sendOverdueMessages();
  expect((await stack.sandbox.ledger(orderId)).messages).toHaveLength(3);
}, 60_000);

test('a parcel whose scans were lost is asked after at its carrier', async () => {
  const input = await givenOrder(stack.database);
  const handle = await stack.temporal.start(input);
  await eventually(
    () => stack.database.order.findUniqueOrThrow({ where: { id: input.orderId } }),
    (order) => order.status === 'shipped',
  );
  await eventually(
    () => stack.sweeps.trackOverdueParcels(),
    (heard) => heard > 0,
  );
  expect(await handle.result()).toEqual({ status: 'delivered', reason: null });
}, 60_000);

test('the sweep runs all of it, and tells what it took up', async () => {
  const { orderId } = await givenOrder(stack.database);
  const result = (await stack.temporal.env.client.workflow.execute(SWEEP, {
    workflowId: 'sweep',
    taskQueue: FULFILMENT_TASK_QUEUE,
  })) as SweepResult;
  expect(result).toMatchObject({ unstarted: 1, stopped: 0, scans: 0 });
  expect((await stack.untilEnd(orderId)).status).toBe('delivered');
}, 60_000);

test('the books balance after all of it', async () => {
  expect((await verifyBooks(stack.url)).violations).toEqual([]);
});
