import { defaultLimits } from '../../api/dependencies';
import { orderResource } from '../../contracts/http/order';
import { admin, customer, givenCatalogue, orderBody, startApi, support, type TestApi } from './support';

let api: TestApi;

beforeAll(async () => {
  api = await startApi();
  await givenCatalogue(api.database);
});
afterAll(() => api.close());

test('an accepted order is answered 202 with its resource, priced by the server, and a Location', async () => {
  const reply = await api.call('POST', '/v1/orders', { body: orderBody() });
  expect(reply.status).toBe(202);
  const order = orderResource.parse(reply.body);
  expect(reply.headers.get('location')).toBe(`/v1/orders/${order.id}`);
  const eur = (amount: number) => ({ amount, currency: 'EUR' });
  expect(order).toMatchObject({
    clientReference: 'web-8841',
    customerId: 'cus_1',
    status: 'created',
    reason: null,
    lines: [{ sku: 'MUG-001', name: 'The MUG-001', quantity: 2, droppedQuantity: 0, unitPrice: eur(1290) }],
    totals: { items: eur(2580), shipping: eur(490), tax: eur(583), grand: eur(3653) },
    payment: { provider: 'sandbox', authorised: eur(0), captured: eur(0), refunded: eur(0) },
    shipments: [],
    links: { self: `/v1/orders/${order.id}`, cancel: `/v1/orders/${order.id}/cancel` },
  });
});

test('what is answered is what is read afterwards', async () => {
  const placed = await api.call('POST', '/v1/orders', { body: orderBody() });
  const read = await api.call('GET', placed.body.links.self);
  expect(read.status).toBe(200);
  expect(read.text).toBe(placed.text);
});

test('an order is stored with all that belongs to it, and nothing personal leaves by the outbox', async () => {
  const { body } = await api.call('POST', '/v1/orders', { body: orderBody() });
  const orderId = body.id as string;
  const stored = await api.database.order.findUniqueOrThrow({
    where: { id: orderId },
    include: { lines: true, recipient: true, payment: true, timeline: true },
  });
  expect(stored).toMatchObject({
    status: 'created',
    country: 'DE',
    fulfilment: 'all_or_nothing',
    lines: [{ sku: 'MUG-001', quantity: 2, position: 0 }],
    recipient: { name: 'Ada Lovelace', email: 'ada@example.com', line2: null },
    payment: { provider: 'sandbox', token: 'tok_visa', currency: 'EUR' },
    timeline: [{ step: null, status: 'created', actorType: 'customer', actorId: 'cus_1' }],
  });
  const events = await api.database.outboxEvent.findMany({ where: { key: orderId } });
  expect(events).toMatchObject([{ topic: 'orders.created', version: 1, data: { orderId, country: 'DE' } }]);
  expect(JSON.stringify(events.map(({ data }) => data))).not.toMatch(/Ada|Torstr|example\.com|tok_visa|4930/);
});

test("the order's workflow is started with ids, skus, amounts and the country", async () => {
  const { body } = await api.call('POST', '/v1/orders', { body: orderBody() });
  const started = api.started.filter(({ id }) => id === body.id);
  expect(started).toMatchObject([
    { country: 'DE', grand: body.totals.grand, lines: [{ sku: 'MUG-001', quantity: 2 }] },
  ]);
  expect(JSON.stringify(started)).not.toMatch(/Ada|Torstr|example\.com/);
});

test('staff place an order for the customer whom they name', async () => {
  for (const as of [support, admin]) {
    const reply = await api.call('POST', '/v1/orders', { as, body: orderBody({ customerId: 'cus_7' }) });
    expect(reply).toMatchObject({ status: 202, body: { customerId: 'cus_7' } });
    const timeline = await api.call('GET', `${reply.body.links.self}/timeline`, { as });
    expect(timeline.body.items).toMatchObject([{ status: 'created', actor: { type: as.role, id: as.subject } }]);
  }
});

test('a customer may name themselves', async () => {
  const reply = await api.call('POST', '/v1/orders', { body: orderBody({ customerId: customer.subject }) });
  expect(reply.status).toBe(202);
});

test.each([
  ['cannot be reached', () => Promise.reject(new Error('14 UNAVAILABLE'))],
  ['does not answer', () => new Promise<void>(() => undefined)],
])('an order is accepted while Temporal %s', async (_, startFulfilment) => {
  const limits = { ...defaultLimits, startMs: 50 };
  const lonely = await startApi({ startFulfilment, limits });
  await givenCatalogue(lonely.database);
  const reply = await lonely.call('POST', '/v1/orders', { body: orderBody() });
  expect(reply).toMatchObject({ status: 202, body: { status: 'created' } });
  expect(await lonely.database.order.count()).toBe(1);
  await lonely.close();
});

describe('an order with the clientReference of another of the customer, of the last day', () => {
  let number = 0;
  const place = (over: object = {}, options: object = {}) =>
    api.call('POST', '/v1/orders', { body: orderBody({ clientReference: `twice-${number}`, ...over }), ...options });
  const warning = ({ headers }: { headers: Headers }) => headers.get('client-reference-repeats');

  beforeEach(() => (number += 1));

  test('is accepted, with a header that names the other', async () => {
    const first = await place();
    expect(warning(first)).toBeNull();
    const second = await place();
    expect(second.status).toBe(202);
    expect(warning(second)).toBe(first.body.id);
  });

  test('is not warned of with an Idempotency-Key, of another customer, or after a day', async () => {
    const first = await place();
    expect(warning(await place({}, { headers: { 'idempotency-key': `key-${number}` } }))).toBeNull();
    expect(warning(await place({}, { as: { role: 'customer', subject: 'cus_2' } }))).toBeNull();
    const yesterday = new Date(Date.now() - 25 * 3600 * 1000);
    await api.database.order.updateMany({
      where: { clientReference: first.body.clientReference as string },
      data: { createdAt: yesterday },
    });
    expect(warning(await place())).toBeNull();
  });
});
