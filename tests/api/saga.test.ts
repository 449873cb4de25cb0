import type { PendingStep } from '../../workflow-client/pending-steps';
import { admin, customer, givenCatalogue, orderBody, startApi, support, type TestApi } from './support';

let api: TestApi;
let orderId: string;
let pending: () => Promise<PendingStep[]>;

beforeAll(async () => {
  api = await startApi({
    pendingSteps: () => pending(),
    temporalUrlOf: (workflowId) => `http://127.0.0.1:8233/namespaces/default/workflows/${workflowId}`,
  });
  await givenCatalogue(api.database);
});
afterAll(() => api.close());
beforeEach(async () => {
  pending = async () => [];
  orderId = (await api.call('POST', '/v1/orders', { body: orderBody() })).body.id as string;
});

const read = async () =>
  (await api.call('GET', `/v1/orders/${orderId}/saga`, { as: support })).body as { steps: unknown[]; stuck: unknown[] };

/** Puts steps into the ledger, a second apart. */
async function givenSteps(steps: Record<string, { state: string; attempts?: number }>): Promise<void> {
  const data = Object.entries(steps).map(([step, row], index) => {
    const at = new Date(Date.UTC(2026, 0, 31, 9, 0, index));
    return { orderId, step, kind: step.split('/')[0]!, ...row, ...(row.state === 'skipped' ? {} : { appliedAt: at }) };
  });
  await api.database.sagaStep.createMany({ data });
}

test('a saga is shown with its workflow, and where the Temporal UI shows it', async () => {
  expect(await read()).toEqual({
    workflowId: `order-${orderId}`,
    temporalUrl: `http://127.0.0.1:8233/namespaces/default/workflows/order-${orderId}`,
    steps: [],
    stuck: [],
  });
});

test('the steps of the ledger are shown as they stand, in the order in which they were taken', async () => {
  await givenSteps({
    validate: { state: 'applied' },
    'reserve-stock': { state: 'undone', attempts: 3 },
    'authorise-payment': { state: 'undoing' },
    'book/BER': { state: 'skipped' },
  });
  const step = { attempts: 1, lastError: null };
  expect((await read()).steps).toEqual([
    { ...step, step: 'validate', state: 'applied' },
    { ...step, step: 'reserve-stock', state: 'undone', attempts: 3 },
    { ...step, step: 'authorise-payment', state: 'undoing' },
    { ...step, step: 'book/BER', state: 'skipped' },
  ]);
});

describe('a step under way', () => {
  const trouble = { attempts: 4, lastError: 'payment: time-out' };
  beforeEach(() => {
    pending = async () => [{ step: 'authorise-payment', ...trouble }];
  });

  test('that the ledger does not know yet is shown last, running', async () => {
    await givenSteps({ validate: { state: 'applied' } });
    const { steps } = await read();
    expect(steps).toHaveLength(2);
    expect(steps[1]).toEqual({ step: 'authorise-payment', state: 'running', ...trouble });
  });

  test('that is being undone stays so, with its tries', async () => {
    await givenSteps({ 'authorise-payment': { state: 'undoing' }, capture: { state: 'applied' } });
    const { steps } = await read();
    expect(steps).toHaveLength(2);
    expect(steps[0]).toEqual({ step: 'authorise-payment', state: 'undoing', ...trouble });
  });

  test('that was applied and is asked for once more is running', async () => {
    await givenSteps({ 'authorise-payment': { state: 'applied' } });
    expect((await read()).steps).toEqual([{ step: 'authorise-payment', state: 'running', ...trouble }]);
  });
});

test('the books alone answer where Temporal does not', async () => {
  pending = () => Promise.reject(new Error('14 UNAVAILABLE'));
  await givenSteps({ validate: { state: 'applied' } });
  expect((await read()).steps).toEqual([{ step: 'validate', state: 'applied', attempts: 1, lastError: null }]);
});

test('what is stuck says since when, why and what helps; what was freed is told no more', async () => {
  const since = new Date('2026-01-31T09:00:00Z');
  const row = { orderId, workflowId: `order-${orderId}`, reason: 'payment refused the void' };
  await api.database.stuckStep.createMany({
    data: [
      { ...row, step: 'authorise-payment', since, actions: ['retry', 'skip'] },
      { ...row, step: 'book/BER', since: new Date('2026-01-31T08:00:00Z'), actions: ['retry'] },
      { ...row, step: 'pack/BER', since, actions: ['retry'], resolvedAt: since },
    ],
  });
  const reason = 'payment refused the void';
  expect((await read()).stuck).toEqual([
    { step: 'book/BER', since: '2026-01-31T08:00:00.000Z', reason, actions: ['retry'] },
    { step: 'authorise-payment', since: '2026-01-31T09:00:00.000Z', reason, actions: ['retry', 'skip'] },
  ]);
});

test('staff alone read sagas', async () => {
  const path = `/v1/orders/${orderId}/saga`;
  expect((await api.call('GET', path, { as: admin })).status).toBe(200);
  expect((await api.call('GET', path, { as: customer })).status).toBe(403);
});

test('the saga of an order that nobody has is answered 404', async () => {
  const reply = await api.call('GET', '/v1/orders/ord_00000000000000000000000000/saga', { as: support });
  expect(reply.status).toBe(404);
});
