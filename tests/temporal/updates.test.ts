import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { refusals, type UpdateName } from '../../contracts/workflow/decisions';
import { workflowIdOf } from '../../contracts/workflow/ids';
import { pendingSteps } from '../../workflow-client/pending-steps';
import { isSettled, sendUpdate, type SentUpdate } from '../../workflow-client/updates';
import { eventually } from '../support/eventually';
import { freePort } from '../support/ports';
import { startLocalTemporal, type TestTemporal } from '../support/temporal';
import { askedOrder, end, pay, received } from './asked-order';

let temporal: TestTemporal;
let client: Client;
let stopWorker: () => Promise<void>;

const TASK_QUEUE = 'asked';
const NOBODY_WORKS_HERE = 'nobody';

beforeAll(async () => {
  temporal = await startLocalTemporal();
  ({ client } = temporal.env);
  const worker = await Worker.create({
    connection: temporal.env.nativeConnection,
    namespace: temporal.env.namespace!,
    taskQueue: TASK_QUEUE,
    workflowsPath: require.resolve('./asked-order'),
    activities: { authorise: () => Promise.reject(new Error('payment: time-out')) },
  });
  const ended = worker.run();
  stopWorker = async () => {
    worker.shutdown();
    await ended;
  };
});
afterAll(async () => {
  await stopWorker();
  await temporal.stop();
});

const startOrder = async (taskQueue = TASK_QUEUE) => {
  const orderId = `ord_${randomUUID()}`;
  const handle = await client.workflow.start(askedOrder, { workflowId: workflowIdOf(orderId), taskQueue });
  return { orderId, handle };
};

const decision = { actor: { type: 'support', id: 'sup_1' }, noteId: 'note_1' };
const resolution = (step: string, action = 'retry') => ({ ...decision, step, action });

/** An Update to an order, under an id of its own. */
const updateOf = (orderId: string, update: UpdateName, over: Partial<SentUpdate> = {}): SentUpdate => ({
  ...{ workflowId: workflowIdOf(orderId), update, payload: decision, updateId: randomUUID(), timeoutMs: 10_000 },
  ...over,
});
const cancelOf = (orderId: string, over: Partial<SentUpdate> = {}) => updateOf(orderId, 'cancelOrder', over);
const send = (sent: SentUpdate) => sendUpdate(client, sent);

const accepted = { kind: 'answered', answer: { outcome: 'accepted' } };
const absent = { kind: 'absent' };

test('an Update is answered by the workflow, which gets what was decided and nothing else', async () => {
  const { orderId, handle } = await startOrder();
  expect(await send(cancelOf(orderId))).toEqual(accepted);
  expect(await handle.query(received)).toEqual([decision]);
});

test('an Update happens once under its id, however often it is sent', async () => {
  const { orderId, handle } = await startOrder();
  const same = cancelOf(orderId);
  expect([await send(same), await send(same)]).toEqual([accepted, accepted]);
  expect(await handle.query(received)).toHaveLength(1);
  expect(await send(cancelOf(orderId))).toMatchObject({ kind: 'refused', type: refusals.alreadyCancelling });
});

test('an Update that was carried out is answered again as it was, also when its workflow has completed', async () => {
  const { orderId, handle } = await startOrder();
  const same = cancelOf(orderId);
  expect(await send(same)).toEqual(accepted);
  await handle.signal(end);
  await handle.result();
  expect(await send(same)).toEqual(accepted);
});

test('an Update without an answer of its own is answered when it is carried out', async () => {
  const { orderId, handle } = await startOrder();
  const freed = resolution('authorise-payment');
  const sent = updateOf(orderId, 'resolveStuckStep', { payload: freed });
  expect(await send(sent)).toEqual({ kind: 'answered', answer: null });
  expect(await handle.query(received)).toEqual([freed]);
});

test('a refusal tells what the workflow says, its type, and the field where it names one', async () => {
  const { orderId, handle } = await startOrder();
  const free = (payload: object) => send(updateOf(orderId, 'resolveStuckStep', { payload }));
  const outcomes = [await free(resolution('pack/BER')), await free(resolution('authorise-payment', 'skip'))];
  expect(outcomes).toEqual([
    { kind: 'refused', type: refusals.notDue, message: 'stuck is authorise-payment', field: 'step' },
    { kind: 'refused', type: refusals.notReady, message: 'use retry' },
  ]);
  expect(outcomes.map(isSettled)).toEqual([true, false]);
  expect(await handle.query(received)).toEqual([]);
});

describe('no workflow to ask:', () => {
  test('an order that was never started', async () => {
    expect(await send(cancelOf('ord_unknown'))).toEqual(absent);
  });

  test('one that has completed', async () => {
    const { orderId, handle } = await startOrder();
    await handle.signal(end);
    await handle.result();
    expect(await send(cancelOf(orderId))).toEqual(absent);
  });

  test('one that was terminated', async () => {
    const { orderId, handle } = await startOrder();
    await handle.terminate();
    expect(await send(cancelOf(orderId))).toEqual(absent);
  });

  test('one that completes before the Update is carried out', async () => {
    const { orderId, handle } = await startOrder();
    const asked = send(updateOf(orderId, 'decideReview'));
    const events = async () => (await handle.fetchHistory()).events ?? [];
    await eventually(events, (seen) =>
      seen.some((event) => Boolean(event.workflowExecutionUpdateAcceptedEventAttributes)),
    );
    await handle.signal(end);
    expect(await asked).toEqual(absent);
  });
});

describe('no answer in time:', () => {
  test('an order whose worker is away', async () => {
    const { orderId } = await startOrder(NOBODY_WORKS_HERE);
    expect(await send(cancelOf(orderId, { timeoutMs: 200 }))).toEqual({ kind: 'silent' });
  });

  test('a Temporal that cannot be reached', async () => {
    const connection = Connection.lazy({ address: `127.0.0.1:${await freePort()}` });
    const lonely = new Client({ connection });
    expect(await sendUpdate(lonely, cancelOf('ord_1', { timeoutMs: 200 }))).toEqual({ kind: 'silent' });
    await connection.close();
  });

  test('no time left at all', async () => {
    const { orderId } = await startOrder();
    expect(await send(cancelOf(orderId, { timeoutMs: 0 }))).toEqual({ kind: 'silent' });
  });
});

describe('what an order waits for', () => {
  test('is named by its step, with the tries that were begun and why the last failed', async () => {
    const { orderId, handle } = await startOrder();
    expect(await pendingSteps(client, orderId, 10_000)).toEqual([]);
    await handle.signal(pay);
    const read = () => pendingSteps(client, orderId, 10_000);
    const [step] = await eventually(read, ([pending]) => pending?.lastError !== null && pending !== undefined);
    expect(step).toEqual({ step: 'authorise-payment', attempts: 2, lastError: 'payment: time-out' });
  });

  test('is nothing where it has no workflow', async () => {
    expect(await pendingSteps(client, 'ord_unknown', 10_000)).toEqual([]);
  });

  test('is not known where Temporal does not answer', async () => {
    const connection = Connection.lazy({ address: `127.0.0.1:${await freePort()}` });
    await expect(pendingSteps(new Client({ connection }), 'ord_1', 200)).rejects.toThrow();
    await connection.close();
  });
});
