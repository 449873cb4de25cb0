import { outcomeOf, storeDecision } from '../../books/decisions';
import type { Policy } from '../../contracts/policy';
import { refusals } from '../../contracts/workflow/decisions';
import { workflowIdOf } from '../../contracts/workflow/ids';
import { SWEEP, type FulfilOrderInput } from '../../contracts/workflow/order';
import type { SandboxFault } from '../../contracts/http/sandbox';
import { FULFILMENT_TASK_QUEUE } from '../../contracts/workflow/task-queues';
import { verifyBooks } from '../../books/verify';
import type { SweepResult } from '../../workflows/sweep';
import { eventually } from '../support/eventually';
import { startFulfilmentStack, type FulfilmentStack } from '../support/fulfilment-stack';
import { givenOrder, givenStock, quickPolicy } from '../support/given';

/** No slow machine misses it. */
const WITHIN_MS = 120_000;

let stack: FulfilmentStack;

beforeAll(async () => {
  stack = await startFulfilmentStack();
  await givenStock(stack.database, { 'MUG-001': { BER: 1000 }, 'GONE-1': { BER: 1 } });
}, WITHIN_MS);
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
    WITHIN_MS,
  );
  await handle.terminate('by a test');
  return input;
}

const BOOKED = 'cancelled_by_staff';

/** An order that waits for stock that does not come, within a run of its own. */
async function waitingForStock(): Promise<FulfilOrderInput> {
  const backorderUntil = new Date(Date.now() + 3_600_000);
  const input = await givenOrder(stack.database, { lines: [{ sku: 'GONE-1', quantity: 2 }], backorderUntil });
  await stack.temporal.start(input);
  await stack.watch({ orderId: input.orderId, clientReference: 'test' }).untilStatus('awaiting_stock');
  return input;
}

/** Waits until the service lists so many runs of an order's workflow. */
const runsOf = (orderId: string, wanted: number): Promise<number> =>
  eventually(
    async () => {
      const query = `WorkflowId = '${workflowIdOf(orderId)}'`;
      return (await stack.temporal.env.client.workflow.count(query)).count;
    },
    (count) => count === wanted,
    WITHIN_MS,
  );

const terminatedAt = (status: string): Promise<FulfilOrderInput> =>
  terminatedWhen(async (id) => (await stack.database.order.findUniqueOrThrow({ where: { id } })).status === status);

/** Sweeps until the order is recovered: the service lists a run as ended a moment after it is. */
const recover = () =>
  eventually(
    () => stack.sweeps.recoverOrders(),
    (recovered) => recovered > 0,
    WITHIN_MS,
  );

/**
 * Recovers the order, and waits until its fence has moved: until then the worker may go on with what the lost run has
 * begun.
 */
async function recoveredBack(orderId: string): Promise<void> {
  await recover();
  await eventually(
    () => stack.database.order.findUniqueOrThrow({ where: { id: orderId } }),
    ({ fenced }) => fenced,
    WITHIN_MS,
  );
}

describe('an order whose workflow was terminated', () => {
  test(
    'before its capture is undone, whatever steps it had taken',
    async () => {
      await script({ port: 'shipping', operation: 'book', kind: 'hold' });
      const { orderId } = await terminatedAt('packed');
      await recoveredBack(orderId);
      await stack.sandbox.replaceFaults([]);
      const { status, reason, ledger } = await stack.untilEnd(orderId);
      expect([status, reason]).toEqual(['failed', 'interrupted']);
      expect(operations(ledger.payments)).toEqual(['authorise', 'void']);
      expect(operations(ledger.packs)).toEqual(['pack', 'return_to_shelf']);
      expect(ledger.stock.map(({ reserved }) => reserved)).toEqual([0]);
    },
    WITHIN_MS,
  );

  test(
    'in its second leg is undone with all that either leg had taken',
    async () => {
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
      await recoveredBack(orderId);
      await stack.sandbox.replaceFaults([]);
      const { status, reason, ledger } = await stack.untilEnd(orderId);
      expect([status, reason]).toEqual(['failed', 'interrupted']);
      expect(operations(ledger.payments)).toEqual(['authorise', 'void']);
      expect(operations(ledger.packs)).toEqual(['pack', 'return_to_shelf', 'pack', 'return_to_shelf']);
      expect(ledger.stock.map(({ reserved }) => reserved)).toEqual([0]);
    },
    WITHIN_MS,
  );

  test(
    'after its capture goes on to delivery, with each effect once',
    async () => {
      await script({ port: 'shipping', operation: 'hand_over', kind: 'hold' });
      const { orderId } = await terminatedAt('paid');
      await recover();
      await stack.sandbox.replaceFaults([]);
      const { status, ledger } = await stack.untilSettled(orderId);
      expect(status).toBe('delivered');
      expect(operations(ledger.payments)).toEqual(['authorise', 'capture']);
      expect(operations(ledger.labels)).toEqual(['book', 'hand_over']);
      expect(ledger.messages.map(({ template }) => template).sort()).toEqual([
        'order-confirmed',
        'order-delivered',
        'order-shipped',
      ]);
    },
    WITHIN_MS,
  );

  test(
    'while its capture was under way is settled with the provider: what is not captured never will be',
    async () => {
      await script({ port: 'payment', operation: 'capture', kind: 'hold' });
      const { orderId } = await terminatedAt('packed');
      await recover();
      const { status, ledger } = await stack.untilEnd(orderId);
      expect(status).toBe('failed');
      await stack.sandbox.replaceFaults([]);
      expect(operations(ledger.payments)).toEqual(['authorise', 'void']);
    },
    WITHIN_MS,
  );

  test(
    'after the provider captured, but before our books knew, goes on',
    async () => {
      await script({ port: 'payment', operation: 'capture', kind: 'effect_then_timeout' });
      const { orderId } = await terminatedWhen(async (id) =>
        operations((await stack.sandbox.ledger(id)).payments).includes('capture'),
      );
      await recover();
      await stack.sandbox.replaceFaults([]);
      const { status, ledger } = await stack.untilEnd(orderId);
      expect(status).toBe('delivered');
      expect(operations(ledger.payments)).toEqual(['authorise', 'capture']);
    },
    WITHIN_MS,
  );

  test(
    'is recovered once, however often it is swept',
    async () => {
      await script({ port: 'shipping', operation: 'hand_over', kind: 'hold' });
      const { orderId } = await terminatedAt('paid');
      await recover();
      await stack.sweeps.recoverOrders();
      await stack.sandbox.replaceFaults([]);
      await stack.untilEnd(orderId);
      await stack.sweeps.recoverOrders();
      expect(await runsOf(orderId, 2)).toBe(2);
    },
    WITHIN_MS,
  );
});

test(
  'an accepted order that has no workflow gets one',
  async () => {
    const { orderId } = await givenOrder(stack.database);
    await stack.sweeps.recoverOrders();
    expect((await stack.untilEnd(orderId)).status).toBe('delivered');
  },
  WITHIN_MS,
);

test(
  'messages that no relay sent are sent by the sweep, in the order in which they were owed',
  async () => {
    const input = await givenOrder(stack.database);
    await stack.temporal.start(input);
    const { status, ledger } = await stack.untilEnd(input.orderId);
    expect([status, ledger.messages]).toEqual(['delivered', []]);
    const sent = async () => {
      await stack.sweeps.sendOverdueMessages();
      return (await stack.sandbox.ledger(input.orderId)).messages.map(({ template }) => template);
    };
    const templates = await eventually(sent, ({ length }) => length === 3, WITHIN_MS);
    expect(templates).toEqual(['order-confirmed', 'order-shipped', 'order-delivered']);
  },
  WITHIN_MS,
);

test(
  'a parcel whose scans were lost is asked after at its carrier',
  async () => {
    const input = await givenOrder(stack.database);
    const handle = await stack.temporal.start(input);
    await eventually(
      () => stack.database.order.findUniqueOrThrow({ where: { id: input.orderId } }),
      (order) => order.status === 'shipped',
      WITHIN_MS,
    );
    await eventually(
      () => stack.sweeps.trackOverdueParcels(),
      (heard) => heard > 0,
      WITHIN_MS,
    );
    expect(await handle.result()).toEqual({ status: 'delivered', reason: null });
  },
  WITHIN_MS,
);

test(
  'a run that is behind the books is told that they have news, and asks them',
  async () => {
    const { orderId } = await waitingForStock();
    await stack.database.$transaction([
      stack.database.order.update({
        where: { id: orderId },
        data: { status: 'compensating', fenced: true, reason: BOOKED },
      }),
      stack.database.timelineEntry.create({
        data: { orderId, status: 'compensating', actorType: 'system', actorId: 'test' },
      }),
    ]);
    await eventually(
      async () => {
        await stack.sweeps.recoverOrders();
        return (await stack.temporal.handle(orderId).describe()).status.name;
      },
      (name) => name !== 'RUNNING',
      WITHIN_MS,
    );
    const { status, reason } = await stack.untilEnd(orderId);
    expect([status, reason]).toEqual(['cancelled', BOOKED]);
  },
  WITHIN_MS,
);

test(
  'a decision that Temporal did not answer is sent again under its id, and settled once',
  async () => {
    const { orderId } = await waitingForStock();
    const id = 'note_unsettled';
    const payload = { actor: { type: 'support', id: 'sup_1' }, noteId: null };
    const decision = { id, orderId, workflowId: workflowIdOf(orderId), update: 'cancelOrder', payload };
    await storeDecision(stack.database.sql, decision);
    const sent = () => stack.sweeps.settleDecisions();
    expect(await eventually(sent, (count) => count > 0, WITHIN_MS)).toBe(1);
    const { status, reason } = await stack.untilEnd(orderId);
    expect([status, reason]).toEqual(['cancelled', 'cancelled_by_staff']);
    expect(await outcomeOf(stack.database.sql, id)).toEqual({ kind: 'answered', answer: { outcome: 'accepted' } });
    expect(await stack.sweeps.settleDecisions()).toBe(0);
  },
  WITHIN_MS,
);

test(
  'a decision for an order that came to rest without it is settled as not due any more',
  async () => {
    const { orderId } = await stack.fulfil({});
    const id = 'note_too_late';
    const decision = { id, orderId, workflowId: workflowIdOf(orderId), update: 'decideReview', payload: {} };
    await storeDecision(stack.database.sql, decision);
    const settled = async () => {
      await stack.sweeps.settleDecisions();
      return outcomeOf(stack.database.sql, id);
    };
    expect(await eventually(settled, (outcome) => outcome !== undefined, WITHIN_MS)).toMatchObject({
      kind: 'refused',
      type: refusals.notDue,
    });
  },
  WITHIN_MS,
);

test(
  'a run that was reset although its order is delivered is told so, and closes without any effect',
  async () => {
    const { orderId, ledger } = await stack.fulfil({});
    const { client } = stack.temporal.env;
    const { events } = await stack.temporal.handle(orderId).fetchHistory();
    const firstTask = events?.find((event) => event.workflowTaskCompletedEventAttributes);
    await client.workflowService.resetWorkflowExecution({
      namespace: client.options.namespace,
      workflowExecution: { workflowId: workflowIdOf(orderId) },
      workflowTaskFinishEventId: firstTask?.eventId ?? null,
      requestId: orderId,
    });
    expect(await runsOf(orderId, 2)).toBe(2);
    const isClosed = async () => {
      await stack.sweeps.closeSurplusRuns();
      return (await stack.temporal.handle(orderId).describe()).status.name;
    };
    await eventually(isClosed, (status) => status !== 'RUNNING', WITHIN_MS);
    expect(await stack.temporal.handle(orderId).result()).toEqual({ status: 'delivered', reason: null });
    expect(await stack.sandbox.ledger(orderId)).toEqual(ledger);
  },
  WITHIN_MS,
);

test(
  'the sweep runs all of it, and returns how many it found of each kind',
  async () => {
    const { orderId } = await givenOrder(stack.database);
    const result = (await stack.temporal.env.client.workflow.execute(SWEEP, {
      workflowId: 'sweep',
      taskQueue: FULFILMENT_TASK_QUEUE,
    })) as SweepResult;
    expect(result).toMatchObject({ recoverOrders: 1, undoLateEffects: 0, settleDecisions: 0, trackOverdueParcels: 0 });
    expect((await stack.untilEnd(orderId)).status).toBe('delivered');
  },
  WITHIN_MS,
);

test(
  'the books balance after all of it',
  async () => {
    expect((await verifyBooks(stack.url)).violations).toEqual([]);
  },
  WITHIN_MS,
);
