import { admin, customer, givenCatalogue, moveOrder, orderBody, startApi, support, type TestApi } from './support';

let api: TestApi;

beforeAll(async () => {
  api = await startApi();
  await givenCatalogue(api.database);
});
afterAll(() => api.close());
beforeEach(() => api.database.stuckStep.deleteMany());

const givenOrder = async () => (await api.call('POST', '/v1/orders', { body: orderBody() })).body.id as string;

const givenStuck = async (step: string, since: string, over: object = {}) => {
  const orderId = await givenOrder();
  const row = { orderId, step, reason: 'the void was refused', actions: ['retry', 'skip'], since: new Date(since) };
  await api.database.stuckStep.create({ data: { ...row, workflowId: `order-${orderId}`, ...over } });
  return orderId;
};

const read = async (query = '') => {
  const { body } = await api.call('GET', `/v1/attention${query}`, { as: support });
  return body as { items: { orderId: string; step: string; since: string }[]; nextCursor: string | null };
};

test('lists what is stuck and not freed, the oldest first, with why and what frees it', async () => {
  const younger = await givenStuck('authorise-payment', '2026-01-31T09:00:00.002Z');
  const older = await givenStuck('pack/BER', '2026-01-31T09:00:00.001Z', { actions: ['retry'] });
  await givenStuck('book/BER', '2026-01-31T08:00:00Z', { resolvedAt: new Date() });
  const reason = 'the void was refused';
  expect(await read()).toEqual({
    items: [
      { orderId: older, step: 'pack/BER', since: '2026-01-31T09:00:00.001Z', reason, actions: ['retry'] },
      {
        orderId: younger,
        step: 'authorise-payment',
        since: '2026-01-31T09:00:00.002Z',
        reason,
        actions: ['retry', 'skip'],
      },
    ],
    nextCursor: null,
  });
});

test('lists the orders that screening holds, which are approved or rejected', async () => {
  const held = await givenOrder();
  await moveOrder(api.database, held, 'in_review');
  expect((await read()).items).toMatchObject([{ orderId: held, step: 'review', actions: ['approve', 'reject'] }]);
  await moveOrder(api.database, held, 'validated');
  expect((await read()).items).toEqual([]);
});

test('is read a page at a time, each step once, also of those that are stuck since the same moment', async () => {
  for (const second of ['00', '01', '01', '02']) await givenStuck('capture', `2026-01-31T09:00:${second}Z`);
  const seen: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const page = await read(`?limit=1${cursor === '' ? '' : `&cursor=${cursor}`}`);
    seen.push(...page.items.map(({ orderId }) => orderId));
    cursor = page.nextCursor;
  }
  expect(seen).toEqual((await read()).items.map(({ orderId }) => orderId));
  expect(new Set(seen).size).toBe(4);
});

test('is for staff', async () => {
  expect((await api.call('GET', '/v1/attention', { as: admin })).status).toBe(200);
  expect((await api.call('GET', '/v1/attention', { as: customer })).status).toBe(403);
});
