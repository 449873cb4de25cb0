import { givenOrder } from '../support/given';
import { admin, customer, givenCatalogue, orderBody, startApi, type TestApi } from './support';

let api: TestApi;

beforeAll(async () => {
  api = await startApi();
  await givenCatalogue(api.database);
});
afterAll(() => api.close());

const bowl = {
  name: 'A bowl',
  category: 'kitchen',
  unitPrice: { amount: 990, currency: 'EUR' },
  weightGrams: 500,
  active: true,
};

const put = (path: string, body: unknown) => api.call('PUT', path, { as: admin, body });

test('a product is created, then replaced', async () => {
  const created = await put('/v1/products/BOWL-001', bowl);
  expect(created).toMatchObject({ status: 201, body: { sku: 'BOWL-001', ...bowl } });
  expect(created.headers.get('location')).toBe('/v1/products/BOWL-001');
  const dearer = { ...bowl, unitPrice: { amount: 1090, currency: 'EUR' }, active: false };
  expect(await put('/v1/products/BOWL-001', dearer)).toMatchObject({ status: 200, body: dearer });
  const read = await api.call('GET', '/v1/products/BOWL-001');
  expect(read).toMatchObject({ status: 200, body: { sku: 'BOWL-001', ...dearer } });
});

test('a product is replaced by what was read of it', async () => {
  const { body } = await api.call('GET', '/v1/products/MUG-002');
  expect(await put('/v1/products/MUG-002', body)).toMatchObject({ status: 200, body });
});

test('a sku may have lower case, underscores, full stops and slashes, and is found at its Location', async () => {
  const sku = 'cup_2.0/red';
  const created = await put(`/v1/products/${encodeURIComponent(sku)}`, bowl);
  expect(created).toMatchObject({ status: 201, body: { sku } });
  const location = created.headers.get('location')!;
  expect(await api.call('GET', location)).toMatchObject({ status: 200, body: { sku } });
  const stock = `/v1/inventory/${encodeURIComponent(sku)}`;
  expect(await put(stock, levels(['BER', 3]))).toMatchObject({ status: 200, body: { sku } });
  const order = await api.call('POST', '/v1/orders', { body: orderBody({ lines: [{ sku, quantity: 1 }] }) });
  expect(order).toMatchObject({ status: 202, body: { lines: [{ sku }] } });
});

test('an order keeps the price it was placed at', async () => {
  const sku = 'BOWL-002';
  await put(`/v1/products/${sku}`, bowl);
  const placed = await api.call('POST', '/v1/orders', { body: orderBody({ lines: [{ sku, quantity: 1 }] }) });
  await put(`/v1/products/${sku}`, { ...bowl, name: 'Renamed', unitPrice: { amount: 1, currency: 'EUR' } });
  expect((await api.call('GET', placed.body.links.self)).text).toBe(placed.text);
});

test('products are listed by sku, page by page', async () => {
  const first = await api.call('GET', '/v1/products?limit=2');
  expect(first.body.items).toHaveLength(2);
  const rest = await api.call('GET', `/v1/products?limit=100&cursor=${first.body.nextCursor}`);
  expect(rest.body.nextCursor).toBeNull();
  const skus = [...first.body.items, ...rest.body.items].map(({ sku }) => sku as string);
  const all = (await api.database.product.findMany()).map(({ sku }) => sku);
  expect(skus).toEqual(all.toSorted());
});

test.each(['/v1/products/NOPE-1', '/v1/products/not a sku', '/v1/inventory/NOPE-1'])(
  '%s is answered 404',
  async (path) => {
    expect(await api.call('GET', path)).toMatchObject({ status: 404 });
  },
);

const price = (unitPrice: unknown) => ({ ...bowl, unitPrice });
const wrongProducts: [rule: string, path: string, body: unknown, field: string][] = [
  ['a malformed sku', '/v1/products/bowl*', bowl, 'sku'],
  ['an empty sku in the body', '/v1/products/BOWL-001', { ...bowl, sku: '' }, 'sku'],
  [
    'a currency that does not exist',
    '/v1/products/BOWL-001',
    price({ amount: 1, currency: 'MBQ' }),
    'unitPrice.currency',
  ],
  ['an invisible name', '/v1/products/BOWL-001', { ...bowl, name: '\u200b' }, 'name'],
  ['another sku in the body', '/v1/products/BOWL-001', { ...bowl, sku: 'BOWL-009' }, 'sku'],
  ['no name', '/v1/products/BOWL-001', { ...bowl, name: undefined }, 'name'],
  ['a null character', '/v1/products/BOWL-001', { ...bowl, category: 'a\u0000' }, 'category'],
  ['a price that is a number', '/v1/products/BOWL-001', price(9.9), 'unitPrice'],
  ['a price of a fraction', '/v1/products/BOWL-001', price({ amount: 9.9, currency: 'EUR' }), 'unitPrice.amount'],
  ['a negative price', '/v1/products/BOWL-001', price({ amount: -1, currency: 'EUR' }), 'unitPrice.amount'],
  ['a price too high', '/v1/products/BOWL-001', price({ amount: 1e10, currency: 'EUR' }), 'unitPrice.amount'],
  ['a weight of nothing', '/v1/products/BOWL-001', { ...bowl, weightGrams: 0 }, 'weightGrams'],
  ['a weight beyond measure', '/v1/products/BOWL-001', { ...bowl, weightGrams: 3e9 }, 'weightGrams'],
  ['an unknown field', '/v1/products/BOWL-001', { ...bowl, colour: 'red' }, 'colour'],
  ['an unknown warehouse', '/v1/inventory/MUG-001', levels(['XXX', 1]), 'levels[0].warehouse'],
  ['a warehouse named twice', '/v1/inventory/MUG-001', levels(['BER', 1], ['BER', 2]), 'levels[1].warehouse'],
  ['less than nothing on hand', '/v1/inventory/MUG-001', levels(['BER', -1]), 'levels[0].onHand'],
  ['more than can be counted', '/v1/inventory/MUG-001', levels(['BER', 3e9]), 'levels[0].onHand'],
  ['no levels', '/v1/inventory/MUG-001', levels(), 'levels'],
  ['another sku', '/v1/inventory/MUG-001', { ...levels(['BER', 1]), sku: 'MUG-002' }, 'sku'],
];

test.each(wrongProducts)('%s in PUT %s is refused, naming the field', async (_, path, body, field) => {
  expect(await put(path, body)).toMatchObject({ status: 400, body: { errors: [{ field }] } });
});

function levels(...of: [warehouse: string, onHand: number][]) {
  return { levels: of.map(([warehouse, onHand]) => ({ warehouse, onHand })) };
}

test('a count of the stock sets what is on hand and books the difference, with who counted', async () => {
  const path = '/v1/inventory/MUG-001';
  expect((await api.call('GET', path)).body).toEqual({ sku: 'MUG-001', levels: [] });
  await put(path, levels(['HAM', 20], ['BER', 500]));
  const counted = await put(path, { sku: 'MUG-001', ...levels(['BER', 480]) });
  const expected = {
    sku: 'MUG-001',
    levels: [
      { warehouse: 'BER', onHand: 480, reserved: 0, available: 480 },
      { warehouse: 'HAM', onHand: 20, reserved: 0, available: 20 },
    ],
  };
  expect(counted).toMatchObject({ status: 200, body: expected });
  expect((await api.call('GET', path, { as: customer })).body).toEqual(expected);
  const movements = await api.database.stockMovement.findMany({ where: { sku: 'MUG-001' }, orderBy: { id: 'asc' } });
  expect(movements.map(({ warehouse, kind, change, actorId }) => [warehouse, kind, change, actorId])).toEqual([
    ['BER', 'adjustment', 500, 'adm_1'],
    ['HAM', 'adjustment', 20, 'adm_1'],
    ['BER', 'adjustment', -20, 'adm_1'],
  ]);
});

test('a count below what is reserved is refused, naming how many are, and changes nothing', async () => {
  const path = '/v1/inventory/MUG-002';
  await put(path, levels(['BER', 10], ['HAM', 10]));
  await api.database.stockLevel.updateMany({ where: { sku: 'MUG-002', warehouse: 'BER' }, data: { reserved: 4 } });
  const reply = await put(path, levels(['HAM', 1], ['BER', 3]));
  expect(reply).toMatchObject({ status: 409, body: { type: 'urn:consign:problem:stock-reserved' } });
  expect(reply.body.errors).toEqual([{ field: 'levels[1].onHand', message: expect.stringContaining('at least 4') }]);
  expect((await api.call('GET', path)).body.levels).toEqual([
    { warehouse: 'BER', onHand: 10, reserved: 4, available: 6 },
    { warehouse: 'HAM', onHand: 10, reserved: 0, available: 10 },
  ]);
});

describe('a count of a shelf on which a write-off left units reserved', () => {
  const path = '/v1/inventory/MUG-003';
  const held = { leg: 1, sku: 'MUG-003', quantity: 3, held: 3 };

  /** An order whose reservation in two warehouses was written off, and one that has its own still. */
  async function givenWriteOff() {
    await api.database.product.create({
      data: { sku: 'MUG-003', name: 'Mug', category: 'test', unitPrice: 1290, currency: 'EUR', weightGrams: 100 },
    });
    await put(path, levels(['BER', 10], ['HAM', 10]));
    const [{ orderId }, other] = [await givenOrder(api.database), await givenOrder(api.database)];
    await api.database.sagaStep.createMany({
      data: [
        { orderId, step: 'reserve-stock', kind: 'reserve-stock', leg: 1, state: 'skipped' },
        { orderId: other.orderId, step: 'reserve-stock', kind: 'reserve-stock', leg: 1, state: 'applied' },
      ],
    });
    await api.database.reservation.createMany({
      data: [
        { ...held, orderId, warehouse: 'BER' },
        { ...held, orderId, warehouse: 'HAM' },
        { ...held, orderId: other.orderId, warehouse: 'BER', quantity: 2, held: 2 },
      ],
    });
    await api.database.stockLevel.update({
      where: { sku_warehouse: { sku: 'MUG-003', warehouse: 'BER' } },
      data: { reserved: 5 },
    });
    await api.database.stockLevel.update({
      where: { sku_warehouse: { sku: 'MUG-003', warehouse: 'HAM' } },
      data: { reserved: 3 },
    });
    return orderId;
  }

  test("frees them, and no others, says so in the order's timeline, and counts against what is reserved then", async () => {
    const orderId = await givenWriteOff();
    expect(await put(path, levels(['BER', 1]))).toMatchObject({
      status: 409,
      body: { errors: [{ field: 'levels[0].onHand', message: expect.stringContaining('at least 2') }] },
    });
    expect((await put(path, levels(['BER', 4]))).body.levels).toEqual([
      { warehouse: 'BER', onHand: 4, reserved: 2, available: 2 },
      { warehouse: 'HAM', onHand: 10, reserved: 3, available: 7 },
    ]);
    const told = await api.database.timelineEntry.findMany({ where: { orderId, step: 'reserve-stock' } });
    expect(told).toMatchObject([
      { actorType: 'admin', actorId: 'adm_1', note: '3 × MUG-003 in BER free again, by a count of the shelf' },
    ]);
    await put(path, levels(['BER', 4]));
    const left = await api.database.reservation.findMany({ where: { sku: 'MUG-003', held: { gt: 0 } } });
    expect(left.map(({ warehouse, held: units }) => `${warehouse} ${units}`).sort()).toEqual(['BER 2', 'HAM 3']);
  });
});

test('counts at once leave the books in balance', async () => {
  const path = '/v1/inventory/GOLD-001';
  await Promise.all([1, 2, 3, 4, 5, 6].map((onHand) => put(path, levels(['BER', onHand], ['HAM', onHand]))));
  for (const { warehouse, onHand } of await api.database.stockLevel.findMany({ where: { sku: 'GOLD-001' } })) {
    const booked = await api.database.stockMovement.aggregate({
      where: { sku: 'GOLD-001', warehouse },
      _sum: { change: true },
    });
    expect(booked._sum.change).toBe(onHand);
  }
});
