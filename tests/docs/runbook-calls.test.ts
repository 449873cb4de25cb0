import { admin, givenCatalogue, orderBody, scriptedUpdates, startApi, support, type TestApi } from '../api/support';
import { read } from './documents';

let api: TestApi;
const { sendUpdate, sent, script } = scriptedUpdates();

beforeAll(async () => {
  api = await startApi({ sendUpdate });
  await givenCatalogue(api.database);
  script.answer = ({ update }) => ({
    kind: 'answered',
    answer: update === 'cancelOrder' ? { outcome: 'accepted' } : null,
  });
});
afterAll(() => api.close());

/** The calls with a body that the runbook shows. */
const calls = [
  ...read('docs/runbook.md').text.matchAll(
    /-X (\w+) [^\n]*?(?:\$ORDER(\/\S+))?[ \\]*\n\s+(?:\S+:3000(\/\S+) )?-d '([^']+)'/g,
  ),
].map(([, method = '', ofOrder, path = '', body = '']) => ({
  method,
  isOfOrder: ofOrder !== undefined,
  path: ofOrder ?? path,
  body: JSON.parse(body) as object,
}));

test.each(calls)(
  'the API takes the call $method $path that the runbook shows',
  async ({ method, isOfOrder, path, body }) => {
    const order = (await api.call('POST', '/v1/orders', { body: orderBody() })).body.id as string;
    const target = isOfOrder ? `/v1/orders/${order}${path}` : path.replace('JUG-001', 'MUG-001');
    const reply = await api.call(method, target, { as: isOfOrder ? support : admin, body });
    expect([200, 202]).toContain(reply.status);
  },
);

test('it shows how to cancel, to review, to restock, and to free a step of an order and of a return', () => {
  const ofOrders = ['/saga/resolutions', '/review', '/v1/inventory/JUG-001', '/cancel'];
  expect(calls.map(({ path }) => path)).toEqual([...ofOrders, '/saga/resolutions']);
  expect(sent.map(({ update }) => update)).toEqual(expect.arrayContaining(['resolveStuckStep', 'decideReview']));
});

test('the list of what waits for a person has the form that the runbook shows', async () => {
  const reply = await api.call('GET', '/v1/attention', { as: support });
  expect(reply).toMatchObject({ status: 200, body: { items: [], nextCursor: null } });
});
