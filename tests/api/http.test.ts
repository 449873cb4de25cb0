import { openDatabase } from '../../infra/database/client';
import { givenCatalogue, orderBody, startApi, type TestApi } from './support';

let api: TestApi;
let broken: TestApi;
let cutOff: TestApi;
const nowhere = openDatabase('postgresql://nobody:nothing@127.0.0.1:1/nowhere');

beforeAll(async () => {
  const newOrderId = () => {
    throw new Error('the secret reason');
  };
  const temporalReachable = async () => false;
  [api, broken, cutOff] = await Promise.all([
    startApi({ temporalReachable }),
    startApi({ newOrderId }),
    startApi({ database: nowhere, temporalReachable }),
  ]);
  await givenCatalogue(broken.database);
});
afterAll(async () => {
  await Promise.all([api.close(), broken.close(), cutOff.close()]);
  await nowhere.$disconnect();
});

test('the process says that it is alive, whatever becomes of the database', async () => {
  expect(await cutOff.call('GET', '/healthz', { as: null })).toMatchObject({ status: 200, body: { status: 'ok' } });
});

test('the API is ready without Temporal, and says that it is missing', async () => {
  const body = { status: 'ready', database: 'up', temporal: 'down' };
  expect(await api.call('GET', '/readyz', { as: null })).toMatchObject({ status: 200, body });
});

test('the API is not ready without the database, and says so', async () => {
  const reply = await cutOff.call('GET', '/readyz', { as: null });
  expect(reply).toMatchObject({ status: 503, body: { database: 'down', detail: expect.stringContaining('database') } });
});

test.each([
  ['GET', '/v1/orders', undefined],
  ['POST', '/v1/orders', orderBody()],
])('%s %s is answered 503 with Retry-After while the database cannot be reached', async (method, path, body) => {
  const reply = await cutOff.call(method, path, { body });
  expect(reply).toMatchObject({ status: 503, body: { type: 'urn:consign:problem:unavailable' } });
  expect(reply.headers.get('retry-after')).toBe('5');
  expect(reply.text).not.toMatch(/127\.0\.0\.1|prisma/i);
});

test('an unexpected error is answered 500 with the request id and nothing internal', async () => {
  const reply = await broken.call('POST', '/v1/orders', { body: orderBody(), headers: { 'x-request-id': 'req-7' } });
  expect(reply).toMatchObject({ status: 500, body: { type: 'urn:consign:problem:internal-error' } });
  expect(reply.body.detail).toContain('req-7');
  expect(reply.text).not.toMatch(/secret|\.ts/);
});

test('an unknown path is answered 404', async () => {
  const reply = await api.call('GET', '/v1/nothing?x=1', { as: null });
  expect(reply).toMatchObject({ status: 404, body: { instance: '/v1/nothing', status: 404 } });
});

test.each([
  ['DELETE', '/v1/orders', 'POST, GET, HEAD'],
  ['POST', '/v1/orders/ord_1/status', 'GET, HEAD'],
  ['PATCH', '/v1/products/MUG-001', 'GET, PUT, HEAD'],
])('%s %s is answered 405 with what is allowed', async (method, path, allowed) => {
  const reply = await api.call(method, path);
  expect(reply).toMatchObject({ status: 405, body: { type: 'urn:consign:problem:method-not-allowed' } });
  expect(reply.headers.get('allow')).toBe(allowed);
});

test('every answer carries the request id that was given', async () => {
  for (const path of ['/healthz', '/v1/orders', '/v1/nothing']) {
    const reply = await api.call('GET', path, { headers: { 'x-request-id': 'mine-1' } });
    expect(reply.headers.get('x-request-id')).toBe('mine-1');
  }
});

test.each([undefined, 'with spaces and "quotes"', 'x'.repeat(200)])(
  'a request with the id %p is given one of ours',
  async (given) => {
    const reply = await api.call('GET', '/healthz', { headers: given === undefined ? {} : { 'x-request-id': given } });
    expect(reply.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  },
);

test('answers are stored by no cache, sniffed by no browser and name no framework', async () => {
  const { headers } = await api.call('GET', '/v1/orders');
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('x-powered-by')).toBeNull();
});
