import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import type { Actor, StuckAction } from '../../contracts/workflow/order';
import { workflowIdOf } from '../../domain/steps';
import { orderUpdates, type OrderUpdates, type UpdateTerms } from '../../workflow-client/order-updates';
import { pendingSteps } from '../../workflow-client/pending-steps';
import { eventually } from '../support/eventually';
import { freePort } from '../support/ports';
import { startLocalTemporal, type TestTemporal } from '../support/temporal';
import { askedOrder, end, pay, received } from './asked-order';

let temporal: TestTemporal;
let client: Client;
let updates: OrderUpdates;
let stopWorker: () => Promise<void>;

const TASK_QUEUE = 'asked';
const NOBODY_WORKS_HERE = 'nobody';

beforeAll(async () => {
  temporal = await startLocalTemporal();
  ({ client } = temporal.env);
  updates = orderUpdates(client);
  const worker = await Worker.create({
    connection: temporal.env.nativeConnection,
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

const actor: Actor = { type: 'support', id: 'sup_1' };
const decision = { actor, noteId: 'note_1' };
const terms = (over: Partial<UpdateTerms> = {}): UpdateTerms => ({
  updateId: randomUUID(),
  timeoutMs: 10_000,
  ...over,
});
const resolution = (step: string, action: StuckAction = 'retry') => ({ ...decision, step, action });

const absent = { kind: 'absent' };

test('an Update is answered by the workflow, which gets what was decided and nothing else', async () => {
  const { orderId, handle } = await startOrder();
  const outcome = await updates.cancel(orderId, decision, terms());
  expect(outcome).toEqual({ kind: 'answered', answer: { outcome: 'accepted' } });
  expect(await handle.query(received)).toEqual([decision]);
});

test('an Update happens once under its id, however often it is sent', async () => {
  const { orderId, handle } = await startOrder();
  const same = terms();
  const outcomes = [await updates.cancel(orderId, decision, same), await updates.cancel(orderId, decision, same)];
  expect(outcomes[1]).toEqual(outcomes[0]);
  expect(await handle.query(received)).toHaveLength(1);
  expect(await updates.cancel(orderId, decision, terms())).toMatchObject({ answer: { outcome: 'already_cancelling' } });
});

test('an Update without an answer of its own is answered when it is carried out', async () => {
  const { orderId, handle } = await startOrder();
  const freed = resolution('authorise-payment');
  expect(await updates.resolveStuckStep(orderId, freed, terms())).toMatchObject({ kind: 'answered' });
  expect(await handle.query(received)).toEqual([freed]);
});

test('a refusal tells what the workflow says, and the field where it names one', async () => {
  const { orderId, handle } = await startOrder();
  const refusals = [
    await updates.resolveStuckStep(orderId, resolution('pack/BER'), terms()),
    await updates.resolveStuckStep(orderId, resolution('authorise-payment', 'skip'), terms()),
  ];
  expect(refusals).toEqual([
    { kind: 'refused', message: 'stuck is authorise-payment', field: 'step' },
    { kind: 'refused', message: 'use retry' },
  ]);
  expect(await handle.query(received)).toEqual([]);
});

describe('no workflow to ask:', () => {
  test('an order that was never started', async () => {
    expect(await updates.cancel('ord_unknown', decision, terms())).toEqual(absent);
  });

  test('one that has completed', async () => {
    const { orderId, handle } = await startOrder();
    await handle.signal(end);
    await handle.result();
    expect(await updates.cancel(orderId, decision, terms())).toEqual(absent);
  });

  test('one that was terminated', async () => {
    const { orderId, handle } = await startOrder();
    await handle.terminate();
    expect(await updates.cancel(orderId, decision, terms())).toEqual(absent);
  });

  test('one that completes before the Update is carried out', async () => {
    const { orderId, handle } = await startOrder();
    const same = terms();
    const asked = updates.decideReview(orderId, { ...decision, decision: 'approve' }, same);
    const accepted = async () => (await handle.fetchHistory()).events ?? [];
    await eventually(accepted, (events) =>
      events.some((event) => Boolean(event.workflowExecutionUpdateAcceptedEventAttributes)),
    );
    await handle.signal(end);
    expect(await asked).toEqual(absent);
  });
});

describe('no answer in time:', () => {
  test('an order whose worker is away', async () => {
    const { orderId } = await startOrder(NOBODY_WORKS_HERE);
    const outcome = await updates.cancel(orderId, decision, terms({ timeoutMs: 200 }));
    expect(outcome).toMatchObject({ kind: 'silent', why: expect.any(Error) });
  });

  test('a Temporal that cannot be reached', async () => {
    const connection = Connection.lazy({ address: `127.0.0.1:${await freePort()}` });
    const lonely = orderUpdates(new Client({ connection }));
    expect(await lonely.cancel('ord_1', decision, terms({ timeoutMs: 200 }))).toMatchObject({ kind: 'silent' });
    await connection.close();
  });

  test('no time left at all', async () => {
    const { orderId } = await startOrder();
    expect(await updates.cancel(orderId, decision, terms({ timeoutMs: 0 }))).toMatchObject({ kind: 'silent' });
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
