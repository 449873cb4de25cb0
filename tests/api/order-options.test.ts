import { givenCatalogue, moveOrder, orderBody, startApi, type TestApi } from './support';

let api: TestApi;

beforeAll(async () => {
  api = await startApi();
  await givenCatalogue(api.database);
});
afterAll(() => api.close());

const UNTIL = '2126-01-31T09:00:00+01:00';

test.each([
  ['left out', undefined, { fulfilment: 'all_or_nothing', backorderUntil: null }, [false, false]],
  ['of neither kind', { backorderUntil: null }, { fulfilment: 'all_or_nothing', backorderUntil: null }, [false, false]],
  [
    'to ship what is available',
    { fulfilment: 'ship_available' },
    { fulfilment: 'ship_available', backorderUntil: null },
    [true, false],
  ],
  [
    'to wait for stock',
    { backorderUntil: UNTIL },
    { fulfilment: 'all_or_nothing', backorderUntil: new Date(UNTIL) },
    [false, true],
  ],
  [
    'to wait, and to ship what there is then',
    { fulfilment: 'ship_available', backorderUntil: UNTIL },
    { fulfilment: 'ship_available', backorderUntil: new Date(UNTIL) },
    [true, true],
  ],
])('options %s are stored and told to the workflow', async (_, options, stored, [shipAvailable, backorder]) => {
  const reply = await api.call('POST', '/v1/orders', { body: orderBody({ options }) });
  expect(reply.status).toBe(202);
  const { id } = reply.body as { id: string };
  expect(await api.database.order.findUniqueOrThrow({ where: { id } })).toMatchObject(stored);
  expect(api.started.find((started) => started.id === id)).toMatchObject({ shipAvailable, backorder });
});

test('an order shows what was dropped of it, and what it costs without', async () => {
  const { body: placed } = await api.call('POST', '/v1/orders', {
    body: orderBody({ options: { fulfilment: 'ship_available' } }),
  });
  const orderId = placed.id as string;
  await moveOrder(api.database, orderId, 'validated');
  await api.database.orderLine.updateMany({ where: { orderId }, data: { droppedQuantity: 1 } });
  const totals = { items: 1290, shipping: 490, tax: 338, grand: 2118 };
  await api.database.order.update({ where: { id: orderId }, data: totals });
  const { body } = await api.call('GET', `/v1/orders/${orderId}`);
  expect(body.lines).toMatchObject([{ sku: 'MUG-001', quantity: 2, droppedQuantity: 1 }]);
  expect(body.totals).toEqual(
    Object.fromEntries(Object.entries(totals).map(([name, amount]) => [name, { amount, currency: 'EUR' }])),
  );
});
