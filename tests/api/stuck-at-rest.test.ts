import type { UpdateOutcome } from '../../workflow-client/order-updates';
import { givenCatalogue, moveOrder, orderBody, scriptedUpdates, startApi, support, type TestApi } from './support';

let api: TestApi;
let orderId: string;
const { updates, sent, script } = scriptedUpdates();

beforeAll(async () => {
  api = await startApi({ orderUpdates: updates });
  await givenCatalogue(api.database);
});
afterAll(() => api.close());

/** A delivered order whose run is open still: a carrier that was given up could not be told. */
beforeEach(async () => {
  orderId = (await api.call('POST', '/v1/orders', { body: orderBody() })).body.id as string;
  const way = ['validated', 'reserved', 'authorised', 'packed', 'paid', 'shipped', 'delivered'] as const;
  await moveOrder(api.database, orderId, ...way);
  await api.database.sql.query`
    INSERT INTO orders.stuck_step (order_id, step, reason, actions, occurrence)
    VALUES (${orderId}, 'given-up/BER', 'it keeps failing', '{retry,skip}', 1)`;
  sent.length = 0;
});

const skip = () => {
  const body = { step: 'given-up/BER', action: 'skip', note: 'the carrier has gone out of business' };
  return api.call('POST', `/v1/orders/${orderId}/saga/resolutions`, { as: support, body });
};

test('a step that is stuck beside an order at rest is freed like any other', async () => {
  script.answer = (): UpdateOutcome<void> => ({ kind: 'answered', answer: undefined });
  expect(await skip()).toMatchObject({ status: 202, body: { step: 'given-up/BER', action: 'skip' } });
  expect(sent).toMatchObject([{ update: 'resolveStuckStep', orderId }]);
});

test('where no workflow of the order runs any more, it is said to be at rest', async () => {
  script.answer = (): UpdateOutcome<never> => ({ kind: 'absent' });
  expect(await skip()).toMatchObject({ status: 409, body: { detail: 'no step is stuck: the order is delivered' } });
});
