import type { SandboxFault, SandboxLedger } from '../../contracts/http/sandbox';
import { admin, customer, startApi, support, type TestApi } from './support';

let api: TestApi;
let withoutSandbox: TestApi;
let faults: SandboxFault[] = [];
const ledger: SandboxLedger = { payments: [], stock: [], packs: [], labels: [], messages: [] };

beforeAll(async () => {
  const sandbox = {
    replaceFaults: async (list: SandboxFault[]) => void (faults = list),
    ledger: async () => ledger,
  };
  [api, withoutSandbox] = await Promise.all([startApi({ sandbox }), startApi()]);
});
afterAll(() => Promise.all([api.close(), withoutSandbox.close()]));

const fault = {
  port: 'payment',
  operation: 'authorise',
  match: { clientReference: 't-17' },
  kind: 'effect_then_timeout',
  times: 1,
};
const orderId = 'ord_01h455vb4pex5vsknk084sn02q';

test('an admin replaces the whole script of faults', async () => {
  const reply = await api.call('PUT', '/v1/sandbox/faults', {
    as: admin,
    body: [fault, { ...fault, port: 'shipping', operation: 'book' }],
  });
  expect(reply.status).toBe(200);
  expect(faults).toHaveLength(2);
  await api.call('PUT', '/v1/sandbox/faults', { as: admin, body: [fault] });
  expect(faults).toEqual([fault]);
  await api.call('PUT', '/v1/sandbox/faults', { as: admin, body: [] });
  expect(faults).toEqual([]);
});

test.each([
  [{ ...fault, operation: 'pack' }, '[0].operation'],
  [{ ...fault, port: 'moon' }, '[0].port'],
  [{ ...fault, kind: 'slow' }, '[0].delayMs'],
  [{ ...fault, times: 0 }, '[0].times'],
  [{ ...fault, match: { name: 'Ada' } }, '[0].match.name'],
  [{ ...fault, operation: '\u0000' }, '[0].operation'],
])('the fault %j is refused, naming %s', async (wrong, field) => {
  const reply = await api.call('PUT', '/v1/sandbox/faults', { as: admin, body: [wrong] });
  expect(reply.status).toBe(400);
  expect(reply.body.errors).toContainEqual({ field, message: expect.any(String) });
});

test.each([admin, support])("%p reads the providers' own books for an order", async (as) => {
  const reply = await api.call('GET', `/v1/sandbox/ledger?orderId=${orderId}`, { as });
  expect(reply).toMatchObject({ status: 200, body: ledger });
});

test.each(['', '?orderId=x'])('the books are asked for with an order id, not with %p', async (query) => {
  const reply = await api.call('GET', `/v1/sandbox/ledger${query}`, { as: admin });
  expect(reply).toMatchObject({ status: 400, body: { errors: [{ field: 'orderId' }] } });
});

test('a customer neither scripts faults nor reads the books', async () => {
  expect(await api.call('PUT', '/v1/sandbox/faults', { as: support, body: [] })).toMatchObject({ status: 403 });
  expect(await api.call('PUT', '/v1/sandbox/faults', { as: customer, body: [] })).toMatchObject({ status: 403 });
  expect(await api.call('GET', `/v1/sandbox/ledger?orderId=${orderId}`)).toMatchObject({ status: 403 });
});

test('there is no sandbox where it is off', async () => {
  expect(await withoutSandbox.call('PUT', '/v1/sandbox/faults', { as: admin, body: [] })).toMatchObject({
    status: 404,
  });
  const read = await withoutSandbox.call('GET', `/v1/sandbox/ledger?orderId=${orderId}`, { as: admin });
  expect(read).toMatchObject({ status: 404 });
});
