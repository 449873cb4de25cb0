import { createUsage } from '../../api/access/usage';
import { apiLimits } from '../../api/access/api-limits';
import { eventually } from '../support/eventually';
import { customer, givenCatalogue, orderBody, startApi, support, type TestApi } from './support';

type Settings = Parameters<typeof apiLimits.parse>[0];

const apis: TestApi[] = [];
const eventLoop = { delayMs: 0 };

/** An API with such limits, behind the proxies that are named. */
async function limited(settings: Settings, trustedProxies: string[] = []): Promise<TestApi> {
  const api = await startApi({ usage: createUsage(apiLimits.parse(settings), eventLoop), trustedProxies });
  await givenCatalogue(api.database);
  apis.push(api);
  return api;
}
afterEach(() => (eventLoop.delayMs = 0));
afterAll(() => Promise.all(apis.map((api) => api.close())));

const tooMany = { status: 429, body: { type: 'urn:consign:problem:too-many-requests' } };
const other = { role: 'customer', subject: 'cus_2' } as const;

test('a subject who asks for more than the share is told when to come back, and another is served', async () => {
  const api = await limited({ requestsPerSubject: { count: 3, seconds: 3600 } });
  const list = (as: typeof customer | typeof other) => api.call('GET', '/v1/products', { as });
  const first = await list(customer);
  expect(first.status).toBe(200);
  expect(first.headers.get('ratelimit-policy')).toBe('"subject";q=3;w=3600');
  expect(first.headers.get('ratelimit')).toBe('"subject";r=2;t=3600');
  await list(customer);
  await list(customer);
  const refused = await list(customer);
  expect(refused).toMatchObject(tooMany);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(3000);
  expect(refused.headers.get('ratelimit')).toMatch(/^"subject";r=0;t=\d+$/);
  expect((await list(other)).status).toBe(200);
  expect((await api.call('GET', '/healthz', { as: null })).status).toBe(200);
});

describe('failed authentication', () => {
  const bad = { as: null, headers: { authorization: 'Bearer no.such.token' } };
  const from = (address: string) => ({ ...bad, headers: { ...bad.headers, 'x-forwarded-for': address } });

  test('is limited by address, and a valid token from there is served all the same', async () => {
    const api = await limited({ failedAuthenticationsPerAddress: { count: 2, seconds: 3600 } });
    const statuses = [];
    for (let attempt = 0; attempt < 4; attempt += 1)
      statuses.push((await api.call('GET', '/v1/products', from(`10.0.0.${attempt}`))).status);
    expect(statuses).toEqual([401, 401, 429, 429]);
    expect(await api.call('GET', '/v1/products', { as: null })).toMatchObject(tooMany);
    expect((await api.call('GET', '/v1/products', { as: customer })).status).toBe(200);
  });

  test('is counted by the address that a trusted proxy names, and IPv6 by network', async () => {
    const api = await limited({ failedAuthenticationsPerAddress: { count: 1, seconds: 3600 } }, ['loopback']);
    const status = async (address: string) => (await api.call('GET', '/v1/products', from(address))).status;
    expect(await status('192.0.2.1')).toBe(401);
    expect(await status('192.0.2.2')).toBe(401);
    expect(await status('::ffff:192.0.2.1')).toBe(429);
    expect(await status('2001:db8:0:1::1')).toBe(401);
    expect(await status('2001:db8:0:1:ffff::2')).toBe(429);
    expect(await status('2001:db8:0:2::1')).toBe(401);
    expect(await status('203.0.113.7, 192.0.2.1')).toBe(429);
  });
});

test("a subject's streams are limited, given back when they end, and leave another's alone", async () => {
  const api = await limited({ streamsPerSubject: 2 });
  const placed = async (as: typeof customer | typeof other) =>
    (await api.call('POST', '/v1/orders', { as, body: orderBody() })).body.links.events as string;
  const [own, others] = [await placed(customer), await placed(other)];
  const open = async (path: string, as: typeof customer | typeof other) => {
    const leaving = new AbortController();
    const headers = { authorization: `Bearer ${await api.tokenOf(as)}` };
    const { status } = await fetch(`${api.url}${path}`, { headers, signal: leaving.signal });
    return { status, leave: () => leaving.abort() };
  };
  const [first, second] = [await open(own, customer), await open(own, customer)];
  expect([first.status, second.status]).toEqual([200, 200]);
  const refused = await api.call('GET', own);
  expect(refused).toMatchObject(tooMany);
  expect(refused.headers.get('retry-after')).toBe('10');
  expect((await api.call('HEAD', others, { as: other })).status).toBe(200);
  expect((await open(others, other)).status).toBe(200);
  first.leave();
  await eventually(
    () => open(own, customer),
    ({ status }) => status === 200,
  );
});

test('an order of a subject who waits for enough already is answered at once', async () => {
  const api = await limited({ waitsPerSubject: 1 });
  const leaving = new AbortController();
  const headers = { authorization: `Bearer ${await api.tokenOf(customer)}`, 'content-type': 'application/json' };
  const waiting = fetch(`${api.url}/v1/orders`, {
    ...{ method: 'POST', body: JSON.stringify(orderBody()), signal: leaving.signal },
    headers: { ...headers, prefer: 'wait=30' },
  });
  await eventually(
    () => api.started.length,
    (count) => count === 1,
  );
  const second = await api.call('POST', '/v1/orders', { body: orderBody(), headers: { prefer: 'wait=30' } });
  expect(second.status).toBe(202);
  expect(second.headers.get('preference-applied')).toBeNull();
  leaving.abort();
  await expect(waiting).rejects.toThrow();
});

test("another's order is answered before the rest of a burst, since subjects take turns", async () => {
  const api = await limited({ requestsAtOnce: 2 });
  let answered = 0;
  const post = (as: typeof customer | typeof other) => api.call('POST', '/v1/orders', { as, body: orderBody() });
  const burst = Array.from({ length: 60 }, () => post(customer).finally(() => (answered += 1)));
  await eventually(
    () => answered,
    (count) => count > 0,
  );
  expect((await post(other)).status).toBe(202);
  expect(answered).toBeLessThan(60);
  const statuses = (await Promise.all(burst)).map(({ status }) => status);
  expect(new Set(statuses)).toEqual(new Set([202]));
});

test('while the event loop is late, requests are refused for a moment, and health is answered', async () => {
  const api = await limited({ eventLoopDelayMs: 100 });
  eventLoop.delayMs = 101;
  const refused = await api.call('POST', '/v1/orders', { body: orderBody() });
  expect(refused).toMatchObject({ status: 503, body: { type: 'urn:consign:problem:unavailable' } });
  expect(refused.headers.get('retry-after')).toBe('1');
  expect((await api.call('GET', '/healthz', { as: null })).status).toBe(200);
  eventLoop.delayMs = 0;
  expect((await api.call('GET', '/v1/orders', { as: support })).status).toBe(200);
});
