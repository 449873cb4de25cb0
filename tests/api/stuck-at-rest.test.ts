import { givenCatalogue, moveOrder, orderBody, scriptedUpdates, startApi, support, type TestApi } from './support';

const STEP = 'stray-label/BER/swift';

let api: TestApi;
let orderId: string;
const { sendUpdate, sent, script } = scriptedUpdates();

beforeAll(async () => {
  api = await startApi({ sendUpdate });
  await givenCatalogue(api.database);
});
afterAll(() => api.close());

/** A delivered order of which a workflow of its own undoes a stray label, which is stuck. */
beforeEach(async () => {
  orderId = (await api.call('POST', '/v1/orders', { body: orderBody() })).body.id as string;
  const way = ['validated', 'reserved', 'authorised', 'packed', 'paid', 'shipped', 'delivered'] as const;
  await moveOrder(api.database, orderId, ...way);
  await api.database.sql.query`
    INSERT INTO orders.stuck_step (order_id, step, reason, actions, occurrence, workflow_id)
    VALUES (${orderId}, ${STEP}, 'it keeps failing', '{retry,skip}', 1, ${`undo-${orderId}/${STEP}`})`;
  sent.length = 0;
});

const skip = (headers: Record<string, string> = {}) => {
  const body = { step: STEP, action: 'skip', note: 'the carrier has gone out of business' };
  return api.call('POST', `/v1/orders/${orderId}/saga/resolutions`, { as: support, body, headers });
};
const free = () => api.database.stuckStep.updateMany({ where: { orderId }, data: { resolvedAt: new Date() } });
const taken = { status: 202, body: { step: STEP, action: 'skip' } };

test('a step that is stuck beside an order at rest is freed by the workflow that waits for it', async () => {
  script.answer = () => ({ kind: 'answered', answer: null });
  expect(await skip()).toMatchObject(taken);
  expect(sent).toMatchObject([{ update: 'resolveStuckStep', workflowId: `undo-${orderId}/${STEP}` }]);
});

test('the same request under its key is answered as it was carried out, also when the step is not stuck any more', async () => {
  const headers = { 'idempotency-key': `skip-${orderId}` };
  script.answer = () => ({ kind: 'answered', answer: null });
  expect(await skip(headers)).toMatchObject(taken);
  await free();
  expect(await skip(headers)).toMatchObject(taken);
  expect(sent).toHaveLength(1);
});

test('where the step was freed and nothing of the order runs any more, it is said to be at rest', async () => {
  script.answer = async () => {
    await free();
    return { kind: 'absent' };
  };
  const detail = 'The order is delivered, and no step of it is stuck.';
  expect(await skip()).toMatchObject({ status: 409, body: { detail, errors: [{ field: 'step' }] } });
  expect(await skip()).toMatchObject({ status: 409, body: { detail } });
  expect(sent).toHaveLength(1);
});

test('where no workflow runs although the step is stuck, the decision is stored for a sweep: 503', async () => {
  script.answer = () => ({ kind: 'absent' });
  expect(await skip()).toMatchObject({ status: 503 });
  expect(await api.database.decision.findFirst({ where: { orderId } })).toMatchObject({ settledAt: null });
});
