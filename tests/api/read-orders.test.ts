import { orderResource } from '../../contracts/http/order';
import type { OrderStatus } from '../../domain/order-status';
import { customer, givenCatalogue, moveOrder, orderBody, shipOrder, startApi, support, type TestApi } from './support';

let api: TestApi;
/** Ids of the orders of `cus_1` and of `cus_2`, newest first. */
const own: string[] = [];
const others: string[] = [];

beforeAll(async () => {
  api = await startApi();
  await givenCatalogue(api.database);
  for (let index = 0; index < 5; index += 1) own.unshift(await place('cus_1'));
  for (let index = 0; index < 2; index += 1) others.unshift(await place('cus_2'));
});
afterAll(() => api.close());

const place = async (customerId: string): Promise<string> =>
  (await api.call('POST', '/v1/orders', { as: support, body: orderBody({ customerId }) })).body.id as string;

const list = async (query = '', as: { role: 'customer' | 'support'; subject: string } = support) =>
  (await api.call('GET', `/v1/orders?${query}`, { as })).body as { items: { id: string }[]; nextCursor: string | null };

const ids = ({ items }: { items: { id: string }[] }) => items.map(({ id }) => id);

test('orders are listed newest first', async () => {
  const { items, nextCursor } = await list();
  expect(ids({ items }).slice(0, 2).toSorted()).toEqual(others.toSorted());
  expect(ids({ items })).toEqual([...own, ...others].toSorted().reverse());
  expect(nextCursor).toBeNull();
  for (const item of items) orderResource.parse(item);
});

test('pages follow each other by their cursors, without gap or repetition', async () => {
  const seen: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const page = await list(`limit=3${cursor && `&cursor=${cursor}`}`);
    expect(page.items.length).toBeLessThanOrEqual(3);
    seen.push(...ids(page));
    cursor = page.nextCursor;
  }
  expect(seen).toEqual(ids(await list()));
});

test("a customer's list holds their own orders only", async () => {
  expect(ids(await list('', customer)).toSorted()).toEqual(own.toSorted());
  expect(ids(await list('customerId=cus_1', customer))).toHaveLength(5);
});

test("a customer who asks for another's orders is refused, naming customerId", async () => {
  const reply = await api.call('GET', '/v1/orders?customerId=cus_2');
  expect(reply).toMatchObject({ status: 403, body: { errors: [{ field: 'customerId' }] } });
});

test('staff list the orders of one customer', async () => {
  expect(ids(await list('customerId=cus_2')).toSorted()).toEqual(others.toSorted());
});

test('a list can be narrowed to a status and a time', async () => {
  const [first] = others;
  await moveOrder(api.database, first!, 'compensating', 'rejected');
  expect(ids(await list('status=rejected'))).toEqual([first]);
  expect(ids(await list('status=failed'))).toEqual([]);
  const oldest = (await api.call('GET', `/v1/orders/${own.at(-1)!}`)).body.createdAt as string;
  expect(ids(await list(`createdAfter=${oldest}`))).not.toContain(own.at(-1));
  expect(ids(await list('createdAfter=9998-01-01T00:00:00%2B01:00&limit=100'))).toEqual([]);
  expect(ids(await list('createdAfter=1970-01-01T00:00:00Z'))).toHaveLength(7);
  expect(ids(await list('createdAfter=9999-12-31T00:00:00Z'))).toEqual([]);
});

test('an order is found by its clientReference, and filters join', async () => {
  const placed = async (clientReference: string, ...statuses: OrderStatus[]) => {
    const body = orderBody({ customerId: 'cus_3', clientReference });
    const id = (await api.call('POST', '/v1/orders', { as: support, body })).body.id as string;
    await moveOrder(api.database, id, ...statuses);
    return id;
  };
  const [one, two, three] = [
    await placed('ref-1', 'validated'),
    await placed('ref-2', 'validated', 'reserved'),
    await placed('ref-3'),
  ];
  expect(ids(await list('clientReference=ref-2'))).toEqual([two]);
  expect(ids(await list('customerId=cus_3&status=validated,created'))).toEqual([three, one]);
  expect(ids(await list('clientReference=ref-2&status=validated,created'))).toEqual([]);
  expect(ids(await list('clientReference=ref-2', customer))).toEqual([]);

  const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds));
  for (const [index, id] of [one, two, three].entries()) {
    await api.database.order.update({ where: { id }, data: { createdAt: at(index), updatedAt: at(10 - index) } });
  }
  const iso = (seconds: number) => at(seconds).toISOString();
  const ofThree = (query: string) => list(`customerId=cus_3&${query}`).then(ids);
  expect(await ofThree(`createdBefore=${iso(2)}`)).toEqual([two, one]);
  expect(await ofThree(`createdAfter=${iso(0)}&createdBefore=${iso(2)}`)).toEqual([two]);
  expect(await ofThree(`updatedAfter=${iso(8)}`)).toEqual([two, one]);
  expect(await ofThree(`updatedAfter=${iso(8)}&createdBefore=${iso(1)}`)).toEqual([one]);
});

test.each(['lost', 'created,lost', 'created,', ''])(
  'the status "%s" is refused, with those that there are',
  async (status) => {
    const reply = await api.call('GET', `/v1/orders?status=${status}`);
    expect(reply).toMatchObject({ status: 400, body: { errors: [{ field: 'status' }] } });
    expect(reply.body.detail).toMatch('must be one of created, ');
  },
);

test('the status of an order is read by itself', async () => {
  const [id] = own;
  await api.database.order.update({ where: { id: id! }, data: { status: 'compensating', reason: 'no_carrier' } });
  const { body } = await api.call('GET', `/v1/orders/${id}/status`);
  const { updatedAt } = (await api.call('GET', `/v1/orders/${id}`)).body;
  expect(body).toEqual({ id, status: 'compensating', reason: 'no_carrier', updatedAt });
});

test('the timeline tells what happened, oldest first, and who did it', async () => {
  const id = await place('cus_1');
  await moveOrder(api.database, id, 'validated');
  const { body } = await api.call('GET', `/v1/orders/${id}/timeline`);
  const at = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  const entry = { at, step: null, reason: null, note: null };
  expect(body).toEqual({
    items: [
      { ...entry, status: 'created', actor: { type: 'support', id: 'sup_1' } },
      { ...entry, status: 'validated', actor: { type: 'system', id: 'saga' } },
    ],
  });
});

test.each([
  ['system', 'fulfilment', true],
  ['customer', 'cus_1', true],
  ['support', 'sup_1', false],
  ['admin', 'adm_1', false],
])('staff read every note; a customer reads one of %s %s: %s', async (actorType, actorId, shown) => {
  const id = await place('cus_1');
  await api.database.timelineEntry.create({ data: { orderId: id, actorType, actorId, note: 'ordered twice' } });
  const last = async (as: typeof customer | typeof support) => {
    const { items } = (await api.call('GET', `/v1/orders/${id}/timeline`, { as })).body as {
      items: { note: unknown }[];
    };
    return items.at(-1);
  };
  const actor = { type: actorType, id: actorId };
  expect(await last(support)).toMatchObject({ actor, note: 'ordered twice' });
  expect(await last(customer)).toMatchObject({ actor, note: shown ? 'ordered twice' : null });
});

test('an order shows the parcels of its latest leg, and what was authorised, captured and refunded', async () => {
  const id = await place('cus_1');
  const parcel = { orderId: id, lines: { create: [{ sku: 'MUG-001', quantity: 2 }] } };
  const { shipment, payment } = api.database;
  await shipment.create({ data: { ...parcel, id: 'shp_1', leg: 1, warehouse: 'BER', status: 'returned_to_shelf' } });
  const booked = { carrier: 'nordpost', trackingNumber: 'N1', labelUrl: 'https://labels.example/N1' };
  const estimatedDelivery = new Date('2026-01-31T09:00:00Z');
  const second = {
    ...parcel,
    ...booked,
    id: 'shp_2',
    leg: 2,
    warehouse: 'HAM',
    status: 'handed_over',
    estimatedDelivery,
  };
  await shipment.create({ data: second });
  await payment.update({ where: { orderId: id }, data: { authorised: 3653n, captured: 3653n, refunded: 100n } });
  await shipOrder(api.database, id);
  const { body } = await api.call('GET', `/v1/orders/${id}`);
  const eur = (amount: number) => ({ amount, currency: 'EUR' });
  expect(orderResource.parse(body)).toMatchObject({
    status: 'shipped',
    payment: { provider: 'sandbox', authorised: eur(3653), captured: eur(3653), refunded: eur(100) },
    shipments: [
      {
        ...{ id: 'shp_2', warehouse: 'HAM', status: 'handed_over', ...booked },
        estimatedDelivery: '2026-01-31T09:00:00.000Z',
        lines: [{ sku: 'MUG-001', quantity: 2 }],
      },
    ],
  });
});

test.each(['ord_00000000000000000000000000', 'nonsense'])('the unknown order %s is answered 404', async (id) => {
  const reply = await api.call('GET', `/v1/orders/${id}`);
  expect(reply).toMatchObject({ status: 404, body: { type: 'urn:consign:problem:not-found' } });
});
