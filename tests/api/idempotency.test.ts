import { defaultLimits } from '../../api/dependencies';
import { eventually } from '../support/eventually';
import { customer, givenCatalogue, orderBody, shipOrder, startApi, type Reply, type TestApi } from './support';

let api: TestApi;

beforeAll(async () => {
  api = await startApi({ limits: { ...defaultLimits, equalRequestMs: 200 } });
  await givenCatalogue(api.database);
});
afterAll(() => api.close());

const place = (key: string, body: unknown = orderBody(), as = customer as { role: 'customer'; subject: string }) =>
  api.call('POST', '/v1/orders', { as, body, headers: { 'idempotency-key': key } });

test('an equal request gets the stored answer, and no second order', async () => {
  const first = await place('equal');
  const again = await place('equal');
  expect(first.headers.get('idempotency-replayed')).toBeNull();
  expect(again.headers.get('idempotency-replayed')).toBe('true');
  expect(again.status).toBe(202);
  expect(again.text).toBe(first.text);
  expect(again.headers.get('location')).toBe(first.headers.get('location'));
  expect(api.started.filter(({ id }) => id === first.body.id)).toHaveLength(1);
});

test('requests are equal however their fields are ordered', async () => {
  const first = await place('ordered');
  const reversed = Object.fromEntries(Object.entries(orderBody()).reverse());
  expect((await place('ordered', reversed)).body.id).toBe(first.body.id);
});

test('twenty equal requests at once place one order and get twenty equal answers', async () => {
  const busy = await startApi();
  await givenCatalogue(busy.database);
  const options = { body: orderBody(), headers: { 'idempotency-key': 'twenty' } };
  const replies = await Promise.all(Array.from({ length: 20 }, () => busy.call('POST', '/v1/orders', options)));
  expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([202]));
  expect(new Set(replies.map(({ text }) => text)).size).toBe(1);
  expect(replies.filter(({ headers }) => headers.get('idempotency-replayed') === null)).toHaveLength(1);
  expect(await busy.database.order.count()).toBe(1);
  expect(await busy.database.outboxEvent.count()).toBe(1);
  expect(busy.started).toHaveLength(1);
  await busy.close();
});

test('the same key with another body is refused, and the first order stands alone', async () => {
  const first = await place('reused');
  const other = await place('reused', orderBody({ clientReference: 'other' }));
  expect(other).toMatchObject({ status: 422, body: { type: 'urn:consign:problem:idempotency-key-reused' } });
  expect(other.body.errors).toMatchObject([{ field: 'Idempotency-Key' }]);
  expect(await api.database.idempotencyKey.count({ where: { key: 'reused' } })).toBe(1);
  expect((await place('reused')).body.id).toBe(first.body.id);
});

test('the same key of another customer is another key', async () => {
  const first = await place('shared');
  const other = await place('shared', orderBody(), { role: 'customer', subject: 'cus_2' });
  expect(other.status).toBe(202);
  expect(other.body.id).not.toBe(first.body.id);
});

test('a request that was refused leaves its key unused', async () => {
  expect((await place('refused', orderBody({ lines: [] }))).status).toBe(400);
  expect((await place('refused', orderBody({ currency: 'USD' }))).status).toBe(400);
  expect((await place('refused')).status).toBe(202);
});

test('a replay is answered even where the catalogue would refuse the order by now', async () => {
  const data = { name: 'A', category: 'a', unitPrice: 100n, currency: 'EUR', weightGrams: 1 };
  await api.database.product.create({ data: { ...data, sku: 'BRIEF-1' } });
  const body = orderBody({ lines: [{ sku: 'BRIEF-1', quantity: 1 }] });
  const first = await place('outlived', body);
  await api.database.product.update({ where: { sku: 'BRIEF-1' }, data: { active: false } });
  expect((await place('outlived', body)).text).toBe(first.text);
});

test('a replay with Prefer: wait shows the order as it is now', async () => {
  const first = await place('live');
  await shipOrder(api.database, first.body.id as string);
  const headers = { 'idempotency-key': 'live', prefer: 'wait=5' };
  const again = await api.call('POST', '/v1/orders', { body: orderBody(), headers });
  expect(again).toMatchObject({ status: 202, body: { id: first.body.id, status: 'shipped' } });
});

test('a request waits for an equal one whose transaction is open, and is refused when it takes too long', async () => {
  const replies: Reply[] = [];
  const requestHash = 'of an order that is being placed';
  await api.database.$transaction(async (transaction) => {
    await transaction.idempotencyKey.create({
      data: { subject: 'cus_1', key: 'slow', requestHash, orderId: 'ord_1', response: {} },
    });
    replies.push(await place('slow'));
  });
  expect(replies).toMatchObject([{ status: 409, body: { type: 'urn:consign:problem:request-in-progress' } }]);
  expect(replies[0]?.headers.get('retry-after')).toBe('1');
});

test('a request that waits for an equal one takes its place when that one is rolled back', async () => {
  const patient = await startApi();
  await givenCatalogue(patient.database);
  const options = { body: orderBody(), headers: { 'idempotency-key': 'undone' } };
  const waiting: Promise<Reply>[] = [];
  const rolledBack = patient.database.$transaction(async (transaction) => {
    const data = { subject: 'cus_1', key: 'undone', requestHash: 'x', orderId: 'ord_1', response: {} };
    await transaction.idempotencyKey.create({ data });
    waiting.push(patient.call('POST', '/v1/orders', options));
    await eventually(
      () => patient.database.$queryRaw<object[]>`
        SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'transactionid'`,
      (waiters) => waiters.length === 1,
    );
    throw new Error('the process died');
  });
  await expect(rolledBack).rejects.toThrow('the process died');
  expect(await waiting[0]).toMatchObject({ status: 202, body: { status: 'created' } });
  await patient.close();
});
