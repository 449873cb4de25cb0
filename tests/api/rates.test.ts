import { admin, customer, givenCatalogue, orderBody, startApi, support, type TestApi } from './support';

let api: TestApi;
let today = new Date('2026-11-30T12:00:00Z');

beforeAll(async () => {
  api = await startApi({ now: () => today });
  await givenCatalogue(api.database);
});
beforeEach(() => (today = new Date('2026-11-30T12:00:00Z')));
afterAll(() => api.close());

const put = (path: string, body: unknown) => api.call('PUT', path, { as: admin, body });
const inCurrency = (currency: string, flat: number, freeFrom: number | null) => ({
  flat: { amount: flat, currency },
  freeFrom: freeFrom === null ? null : { amount: freeFrom, currency },
});
const totals = ({ body }: { body: { totals: Record<string, { amount: number }> } }) =>
  Object.values(body.totals).map(({ amount }) => amount);
const place = (over: Record<string, unknown> = {}) => api.call('POST', '/v1/orders', { body: orderBody(over) });

test('a currency is sold in once it has a shipping price: a product and an order are refused before', async () => {
  const currency = 'VND';
  const product = { name: 'A cup', category: 'kitchen', unitPrice: { amount: 90_000, currency }, weightGrams: 1 };
  const refused = await put('/v1/products/CUP-VND', product);
  expect(refused).toMatchObject({ status: 400, body: { errors: [{ field: 'unitPrice.currency' }] } });
  expect(refused.body.detail).toMatch('has no shipping price in VND today');
  await api.database.product.create({ data: { ...product, sku: 'CUP-VND', unitPrice: 90_000n, currency } });
  const order = { currency, lines: [{ sku: 'CUP-VND', quantity: 1 }] };
  const unpriced = await place(order);
  expect(unpriced).toMatchObject({ status: 400, body: { errors: [{ field: 'currency' }] } });
  expect(unpriced.body.detail).toMatch('has no shipping price in VND today');

  await put('/v1/shipping-prices/VND', { validFrom: '2026-11-30', ...inCurrency(currency, 30_000, 500_000) });
  expect((await put('/v1/products/CUP-VND', product)).status).toBe(200);
  expect(totals(await place(order))).toEqual([90_000, 30_000, 22_800, 142_800]);
});

test('a price and a rate hold from their day on, in UTC, and the one that was set last for a day holds', async () => {
  expect(totals(await place())).toEqual([2580, 490, 583, 3653]);
  await put('/v1/shipping-prices/EUR', { validFrom: '2027-01-01', ...inCurrency('EUR', 1, null) });
  await put('/v1/shipping-prices/EUR', { validFrom: '2027-01-01', ...inCurrency('EUR', 600, null) });
  await put('/v1/tax-rates/DE', { validFrom: '2027-01-01', basisPoints: 1000 });
  today = new Date('2026-12-31T23:59:59Z');
  expect(totals(await place())).toEqual([2580, 490, 583, 3653]);
  today = new Date('2027-01-01T00:00:00Z');
  expect(totals(await place())).toEqual([2580, 600, 318, 3498]);
});

test('an order keeps the rates that it was placed at', async () => {
  const { body } = await place();
  expect(await api.database.order.findUnique({ where: { id: body.id } })).toMatchObject({
    shippingFlat: 490n,
    shippingFreeFrom: 5000n,
    taxBasisPoints: 1900,
  });
});

test('a country without a rate is untaxed', async () => {
  const shippingAddress = { name: 'Ada', line1: '1 Main St', postalCode: '10001', city: 'New York', country: 'US' };
  expect(totals(await place({ shippingAddress }))).toEqual([2580, 490, 0, 3070]);
});

test('what was set is listed with who set it, page by page, and what was replaced stays in the books', async () => {
  await put('/v1/tax-rates/NO', { validFrom: '2027-01-01', basisPoints: 1 });
  const set = await put('/v1/tax-rates/NO', { validFrom: '2027-01-01', basisPoints: 2500 });
  const norway = { country: 'NO', validFrom: '2027-01-01', basisPoints: 2500, setBy: 'adm_1' };
  expect(set).toMatchObject({ status: 200, body: norway });
  expect(await api.database.taxRate.findMany({ where: { country: 'NO' } })).toHaveLength(2);
  const [all, paged] = [await list('/v1/tax-rates', 100), await list('/v1/tax-rates', 10)];
  expect(paged).toEqual(all);
  expect(all.filter(({ country }) => country === 'NO')).toEqual([{ ...norway, setAt: set.body.setAt }]);
  const euro = (await list('/v1/shipping-prices', 1)).filter(({ currency }) => currency === 'EUR');
  expect(euro[0]).toMatchObject({ validFrom: '1970-01-01', setBy: 'seed', ...inCurrency('EUR', 490, 5000) });
});

async function list(path: string, limit: number): Promise<Record<string, unknown>[]> {
  const items: Record<string, unknown>[] = [];
  for (let cursor = ''; ;) {
    const { body } = await api.call('GET', `${path}?limit=${limit}${cursor}`, { as: support });
    items.push(...(body.items as Record<string, unknown>[]));
    if (body.nextCursor === null) return items;
    cursor = `&cursor=${body.nextCursor}`;
  }
}

const price = { validFrom: '2027-01-01', ...inCurrency('EUR', 1, 2) };
test.each([
  [
    'another currency than the path',
    'shipping-prices/EUR',
    { ...price, ...inCurrency('USD', 1, null) },
    'flat.currency',
  ],
  ['a day that is none', 'shipping-prices/EUR', { ...price, validFrom: '2027-02-30' }, 'validFrom'],
  ['a time', 'shipping-prices/EUR', { ...price, validFrom: '2027-01-01T00:00:00Z' }, 'validFrom'],
  ['a negative price', 'shipping-prices/EUR', { ...price, ...inCurrency('EUR', -1, 1) }, 'flat.amount'],
  ['no word on when shipping is free', 'shipping-prices/EUR', { ...price, freeFrom: undefined }, 'freeFrom'],
  ['a currency that is no code', 'shipping-prices/eur', price, 'currency'],
  ['more tax than the price', 'tax-rates/DE', { validFrom: '2027-01-01', basisPoints: 10_001 }, 'basisPoints'],
  ['a country that is no code', 'tax-rates/Germany', { validFrom: '2027-01-01', basisPoints: 1 }, 'country'],
])('%s is refused, naming the field', async (_, path, body, field) => {
  expect(await put(`/v1/${path}`, body)).toMatchObject({ status: 400, body: { errors: [{ field }] } });
});

test('rates are set by an admin alone, and read by staff', async () => {
  const body = { validFrom: '2027-01-01', basisPoints: 1 };
  expect((await api.call('PUT', '/v1/tax-rates/DE', { as: support, body })).status).toBe(403);
  expect((await api.call('GET', '/v1/tax-rates', { as: customer })).status).toBe(403);
});
