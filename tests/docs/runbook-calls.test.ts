import { stuckActions } from '../../contracts/workflow/order';
import { steps } from '../../domain/steps';
import { undoSteps } from '../../workflows/order/undo-steps';
import { admin, givenCatalogue, orderBody, scriptedUpdates, startApi, support, type TestApi } from '../api/support';
import { codeIn, read, rowsOf } from './documents';

let api: TestApi;
const { updates, sent, script } = scriptedUpdates();

beforeAll(async () => {
  api = await startApi({ orderUpdates: updates });
  await givenCatalogue(api.database);
  script.answer = ({ update }) => ({
    kind: 'answered',
    answer: update === 'cancel' ? { outcome: 'accepted' } : undefined,
  });
});
afterAll(() => api.close());

const runbook = read('docs/runbook.md');

/** The calls with a body that the runbook shows. */
const calls = [
  ...runbook.text.matchAll(/-X (\w+) [^\n]*?(?:\$ORDER(\/\S+))?[ \\]*\n\s+(?:\S+:3000(\/\S+) )?-d '([^']+)'/g),
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

test('it shows how to cancel, to review, to free a step and to restock', () => {
  expect(calls.map(({ path }) => path)).toEqual(['/saga/resolutions', '/review', '/v1/inventory/JUG-001', '/cancel']);
  expect(sent.map(({ update }) => update)).toEqual(expect.arrayContaining(['resolveStuckStep', 'decideReview']));
});

test('it tells of each step that can be undone how it gets stuck, forward and undone', () => {
  const told = rowsOf(runbook, 'stuck').map(([step = '']) => codeIn(step));
  const undoable = [steps.reserveStock(1), steps.authorisePayment(1), 'pack/…', 'book/…'];
  expect(undoable).toHaveLength(Object.keys(undoSteps).length);
  for (const step of undoable) expect(told.filter((each) => each === step)).toHaveLength(2);
  expect(told).toEqual(expect.arrayContaining([steps.validate, steps.capture, steps.handOver]));
});

test('it tells of each action that frees a step what it does', () => {
  const explained = [...runbook.text.matchAll(/^- \*\*(retry|skip|refund)\*\* /gm)].map(([, action]) => action);
  expect(explained).toEqual([...stuckActions]);
});
