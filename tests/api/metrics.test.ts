import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createPartyMetrics, type PartyMetrics } from '../../adapters/circuit-breaker/party-metrics';
import { startMetricsServer } from '../../infra/metrics-server';
import { givenCatalogue, orderBody, startApi, type TestApi } from './support';

let api: TestApi;

beforeAll(async () => {
  api = await startApi();
  await givenCatalogue(api.database);
});
afterAll(() => api.close());

/** The lines of `/metrics`, read without a token. */
const read = async () => {
  const reply = await api.call('GET', '/metrics', { as: null });
  return { type: reply.headers.get('content-type'), lines: reply.text.split('\n') };
};

test('the API tells its metrics without a token, in the text format of Prometheus', async () => {
  const { type, lines } = await read();
  expect(type).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(lines).toContain('# TYPE consign_http_request_duration_seconds histogram');
  expect(lines).toContainEqual(expect.stringMatching(/^process_cpu_seconds_total \d/));
});

test('requests are counted by method, route and status, and never by the values of their parameters', async () => {
  await api.call('GET', '/v1/products/MUG-001');
  await api.call('GET', '/v1/products/NO-SUCH');
  await api.call('GET', '/v1/products/MUG-002');
  await api.call('GET', '/v1/who-knows-this');
  const { lines } = await read();
  const count = (route: string, status: number) =>
    `consign_http_request_duration_seconds_count{method="GET",route="${route}",status="${status}"}`;
  expect(lines).toContain(`${count('/v1/products/{sku}', 200)} 2`);
  expect(lines).toContain(`${count('/v1/products/{sku}', 404)} 1`);
  expect(lines).toContain(`${count('none', 404)} 1`);
  expect(lines.join('\n')).not.toMatch(/MUG-001|who-knows-this/);
});

test('a method that no route has is counted as one with all others, whatever it is and wherever it is sent', async () => {
  const series = async () => (await read()).lines.filter((line) => line.startsWith('consign_http')).length;
  const send = (method: string, path: string) => api.call(method, path, { as: null });
  await send('DELETE', '/v1/products');
  await send('DELETE', '/nowhere');
  const before = await series();
  for (const method of ['PATCH', 'PROPFIND', 'MKCOL', 'LOCK', 'PURGE', 'POST']) await send(method, '/v1/products');
  for (const method of ['PATCH', 'PROPFIND', 'MKCOL', 'LOCK', 'PURGE']) await send(method, '/and-nowhere');
  expect(await series()).toBe(before);
});

test('an order is counted once, however often its request is repeated, and a bad one never', async () => {
  const before = await accepted();
  const headers = { 'idempotency-key': 'counted-once' };
  for (let request = 0; request < 3; request++) await api.call('POST', '/v1/orders', { body: orderBody(), headers });
  await api.call('POST', '/v1/orders', { body: { ...orderBody(), lines: [] } });
  expect(await accepted()).toBe(before + 1);
});

const accepted = async () => {
  const line = (await read()).lines.find((each) => each.startsWith('consign_orders_accepted_total '));
  return Number(line?.split(' ')[1]);
};

describe('the server of a process without an API', () => {
  let metrics: PartyMetrics;
  let server: Awaited<ReturnType<typeof startMetricsServer>>;

  beforeAll(async () => {
    metrics = createPartyMetrics();
    server = await startMetricsServer({ host: '127.0.0.1', port: 0, registry: metrics.registry });
  });
  afterAll(() => server.stop());

  const get = (path: string, method = 'GET') => fetch(`http://127.0.0.1:${server.port}${path}`, { method });

  test('tells the metrics', async () => {
    metrics.circuitState.set({ party: 'payment' }, 2);
    const response = await get('/metrics');
    expect(response.headers.get('content-type')).toBe(metrics.registry.contentType);
    expect(await response.text()).toContain('consign_circuit_state{party="payment"} 2\n');
  });

  test.each([
    ['GET', '/healthz', 200],
    ['GET', '/', 404],
    ['POST', '/metrics', 405],
  ])('answers %s %s with %i', async (method, path, status) => {
    expect((await get(path, method)).status).toBe(status);
  });

  test('says where it cannot listen', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const start = startMetricsServer({ host: '127.0.0.1', port, registry: metrics.registry });
    await expect(start).rejects.toMatchObject({ code: 'EADDRINUSE' });
    other.close();
  });
});
