import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowNotFoundError } from '@temporalio/client';
import { verifyBooks } from '../../books/verify';
import { workflowIdOf } from '../../contracts/workflow/ids';
import { restingStatuses } from '../../domain/order-status';
import { eventually } from '../support/eventually';
import { startFulfilmentStack, type FulfilmentStack } from '../support/fulfilment-stack';
import { givenOrder, givenStock, quickPolicy } from '../support/given';
import { amissInHistories } from '../support/histories';
import { RANDOM_STOCK, randomOrders, type RandomOrder } from '../support/random-orders';
import { startRelays } from '../support/relays';

/** The same seed gives the same orders; others: SAGA_SEED=… SAGA_RUNS=300 npx jest tests/workflows/generated-orders. */
const SEED = Number(process.env['SAGA_SEED'] ?? 890_269);
const RUNS = Number(process.env['SAGA_RUNS'] ?? 100);
const SIDE_BY_SIDE = 20;
/** No slow machine misses it: what takes longer hangs. */
const WITHIN_MS = 900_000;
const LOOK_EVERY_MS = 200;

const POLICY = quickPolicy({
  ...{ firstTryTimeoutMs: 1000, stepTimeoutMs: 3000, patienceMs: 5000 },
  ...{ carrierRetries: 1, carrierRetryMs: 300, authorisationRenewMs: 2000 },
});

const staff = { actor: { type: 'support', id: 'sup_1' }, noteId: null };

let stack: FulfilmentStack;
beforeAll(async () => {
  stack = await startFulfilmentStack();
  await givenStock(stack.database, RANDOM_STOCK);
}, WITHIN_MS);
afterAll(() => stack.stop());

/** What staff do: each stuck step is freed as its order has it, or retried if that is not offered. */
async function freeAll(orders: ReadonlyMap<string, RandomOrder>): Promise<void> {
  const stuck = await stack.database.stuckStep.findMany({ where: { resolvedAt: null } });
  await Promise.all(
    stuck.map(({ orderId, step, actions, workflowId, runId, occurrence }) => {
      const wish = orders.get(orderId)?.unstick ?? 'retry';
      const payload = { ...staff, step, action: actions.includes(wish) ? wish : 'retry' };
      const updateId = `${runId}-${occurrence}-${step}`;
      return stack.workflows.sendUpdate({ workflowId, update: 'resolveStuckStep', payload, updateId, timeoutMs: 5000 });
    }),
  );
}

/** Ends every hold that is under way; the list of faults stays as it is. */
const endHolds = () =>
  stack.database.sandboxScript.update({ where: { id: 1 }, data: { generation: { increment: 1 } } });

/** Stops the run of an order from outside, or deletes it with all that Temporal knows of it. */
async function lose(orderId: string, how: 'terminated' | 'deleted'): Promise<void> {
  const { client } = stack.temporal.env;
  try {
    if (how === 'terminated') {
      await stack.temporal.handle(orderId).terminate('lost by a test');
      return;
    }
    await client.workflowService.deleteWorkflowExecution({
      namespace: client.options.namespace,
      workflowExecution: { workflowId: workflowIdOf(orderId) },
    });
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}

/** Whether nothing more happens to an order: at rest, nothing owed, nothing stuck, every message sent. */
async function isOver(orderId: string): Promise<boolean> {
  const { database } = stack;
  const counts = await Promise.all([
    database.order.count({ where: { id: orderId, status: { notIn: [...restingStatuses] } } }),
    database.sagaStep.count({ where: { orderId, state: 'undoing' } }),
    database.stuckStep.count({ where: { orderId, resolvedAt: null } }),
    database.message.count({ where: { orderId, state: 'pending' } }),
  ]);
  return counts.every((count) => count === 0);
}

async function place(given: RandomOrder, orders: Map<string, RandomOrder>): Promise<string> {
  const { clientReference, token, fulfilment, sku, quantity, backorder, cancelAfterMs, lost } = given;
  const backorderUntil = backorder ? { backorderUntil: new Date(Date.now() + 3000) } : {};
  const input = await givenOrder(stack.database, {
    ...{ clientReference, token, fulfilment, ...backorderUntil },
    lines: [{ sku, quantity }],
    policy: POLICY,
  });
  const { orderId } = input;
  orders.set(orderId, given);
  await stack.temporal.start(input);
  const cancelled = async () => {
    if (cancelAfterMs === undefined) return;
    await sleep(cancelAfterMs);
    const sent = { workflowId: workflowIdOf(orderId), update: 'cancelOrder', payload: {}, updateId: orderId } as const;
    await stack.workflows.sendUpdate({ ...sent, timeoutMs: 5000 });
  };
  const isLost = async () => {
    if (lost === undefined) return;
    await sleep(lost.afterMs);
    await lose(orderId, lost.how);
  };
  await Promise.all([cancelled(), isLost()]);
  return orderId;
}

test(
  `whatever happens to ${RUNS} orders, each comes to rest and all books balance (seed ${SEED})`,
  async () => {
    const left = randomOrders(RUNS, SEED);
    await stack.sandbox.replaceFaults(left.flatMap(({ faults }) => faults));
    const orders = new Map<string, RandomOrder>();
    const oneByOne = async () => {
      for (let given = left.shift(); given !== undefined; given = left.shift()) {
        const orderId = await place(given, orders);
        const what = JSON.stringify(given);
        await eventually(() => isOver(orderId), Boolean, WITHIN_MS / 2, LOOK_EVERY_MS).catch((error: unknown) => {
          throw new Error(`${orderId} hangs: ${what}`, { cause: error });
        });
      }
    };
    const people = startRelays({
      staff: () => freeAll(orders),
      sweeps: () => stack.sweeps.recoverOrders(),
      messages: () => stack.sweeps.sendOverdueMessages(),
      holds: () => sleep(1000).then(endHolds),
    });
    const all = Promise.all(Array.from({ length: SIDE_BY_SIDE }, oneByOne));
    await stack.whileSwept(people.whileOn(['staff', 'sweeps', 'messages', 'holds'], all));
    await people.idle();
    const report = await verifyBooks(stack.url);
    expect(report.violations).toEqual([]);
    expect(report.orders).toBe(RUNS);
    const running = () => stack.temporal.env.client.workflow.count("ExecutionStatus = 'Running'");
    await eventually(running, ({ count }) => count === 0, WITHIN_MS / 2, LOOK_EVERY_MS);
  },
  WITHIN_MS,
);

test(
  'no workflow task of theirs failed, and each history replays and holds nothing personal',
  async () => {
    expect(await amissInHistories(stack)).toEqual([]);
  },
  WITHIN_MS,
);
