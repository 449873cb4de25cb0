import { customer, givenCatalogue, orderBody, startApi, support, type CallOptions, type TestApi } from './support';

let api: TestApi;

beforeAll(async () => {
  api = await startApi();
  await givenCatalogue(api.database);
});
afterAll(() => api.close());

const lines = (...skus: string[]) => skus.map((sku) => ({ sku, quantity: 1 }));
const quantity = (value: unknown) => orderBody({ lines: [{ sku: 'MUG-001', quantity: value }] });
const address = (over: object) =>
  orderBody({ shippingAddress: { ...(orderBody()['shippingAddress'] as object), ...over } });
const without = (field: string) => Object.fromEntries(Object.entries(orderBody()).filter(([name]) => name !== field));
const token = (value: unknown) => orderBody({ payment: { provider: 'sandbox', token: value } });
const twice = (once: string, again: string) => JSON.stringify(orderBody()).replace(once, again);
const code = (sign: string) => `U+${sign.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}`;
const manyLines = Array.from({ length: 101 }, (_, index) => `SKU-${index}`);
const deep = `${'{"a":'.repeat(40_000)}1${'}'.repeat(40_000)}`;

const wrongBodies: [rule: string, body: unknown, fields: string[]][] = [
  ['no lines', orderBody({ lines: [] }), ['lines']],
  ['lines left out', without('lines'), ['lines']],
  ['101 lines', orderBody({ lines: lines(...manyLines) }), ['lines']],
  ['a sku in two lines', orderBody({ lines: lines('MUG-001', 'MUG-001') }), ['lines[1].sku']],
  ['a sku that is not in the catalogue', orderBody({ lines: lines('MUG-001', 'NOPE-1') }), ['lines[1].sku']],
  ['a product that is sold no more', orderBody({ lines: lines('OLD-001') }), ['lines[0].sku']],
  ['a malformed sku', orderBody({ lines: lines("'; DROP") }), ['lines[0].sku']],
  ...[0, -1, 1.5, 1e9, 10_001, '2', null, true, 1e308].map((value): [string, unknown, string[]] => [
    `a quantity of ${JSON.stringify(value)}`,
    quantity(value),
    ['lines[0].quantity'],
  ]),
  ['goods dearer than can be counted', orderBody({ lines: [{ sku: 'GOLD-001', quantity: 101 }] }), ['lines']],
  ["another currency than the product's", orderBody({ currency: 'USD' }), ['currency']],
  ['products of two currencies', orderBody({ lines: lines('MUG-001', 'CUP-USD') }), ['currency']],
  ...['ABC', 'XXX', 'MBQ', 'XAU', 'XTS', 'eur'].map((currency): [string, unknown, string[]] => [
    `the currency ${currency}`,
    orderBody({ currency }),
    ['currency'],
  ]),
  ...['EL', 'UK', 'ZZ', 'EU', 'XX', 'XK', 'de'].map((country): [string, unknown, string[]] => [
    `the country ${country}`,
    address({ country }),
    ['shippingAddress.country'],
  ]),
  ['no postal code in a country that has them', address({ postalCode: undefined }), ['shippingAddress.postalCode']],
  ['a malformed currency', orderBody({ currency: 'euro' }), ['currency']],
  ['an unknown field', orderBody({ discount: 10 }), ['discount']],
  ['an unknown field of a line', orderBody({ lines: [{ ...lines('MUG-001')[0], price: 1 }] }), ['lines[0].price']],
  ['an unknown field of the options', orderBody({ options: { gift: true } }), ['options.gift']],
  ['a field named __proto__', `{"__proto__": {}, ${JSON.stringify(orderBody()).slice(1)}`, ['__proto__']],
  ['a card number as token', token('4111111111111111'), ['payment.token']],
  ['a grouped card number as token', token('4111-1111-1111-1111'), ['payment.token']],
  ['an empty token', token(''), ['payment.token']],
  ['another payment provider', orderBody({ payment: { provider: 'x', token: 'tok_visa' } }), ['payment.provider']],
  ['a null character in a name', address({ name: 'Ada\u0000' }), ['shippingAddress.name']],
  ...Array.from('\u200b\u3164\u2800\u00ad\u0301').map((sign): [string, unknown, string[]] => [
    `a name that is ${code(sign)} alone`,
    address({ name: sign }),
    ['shippingAddress.name'],
  ]),
  ...Array.from('\u202e\u2028\u2029\u0085\u009b\u2066\ufeff\t\u{e0041}').map((sign): [string, unknown, string[]] => [
    `${code(sign)} inside a name`,
    address({ name: `Ada${sign}Lovelace` }),
    ['shippingAddress.name'],
  ]),
  ['an invisible client reference', orderBody({ clientReference: '\u200b' }), ['clientReference']],
  [
    'a card number in the client reference',
    orderBody({ clientReference: 'card 4111 1111 1111 1111' }),
    ['clientReference'],
  ],
  ['a card number in an address', address({ line2: '5555555555554444' }), ['shippingAddress.line2']],
  ['a card number as customer', orderBody({ customerId: '378282246310005' }), ['customerId']],
  ['a card number inside a token', token('tok_4111111111111111'), ['payment.token']],
  ['an empty second line', address({ line2: '' }), ['shippingAddress.line2']],
  ['an empty phone number', orderBody({ contact: { email: 'a@b.de', phone: '' } }), ['contact.phone']],
  ['a field given twice', twice('"quantity":2', '"quantity":1,"quantity":7'), ['lines[0].quantity']],
  ['a field given twice, once escaped', twice('"city":', '"c\\u0069ty":"Bonn","city":'), ['shippingAddress.city']],
  ['a field of the body given twice', twice('"currency":', '"currency":"USD","currency":'), ['currency']],
  ['half of a surrogate pair', address({ city: '\ud800' }), ['shippingAddress.city']],
  ['a null character in the name of a field', orderBody({ 'a\u0000': 1 }), ['body']],
  ['a blank city', address({ city: '  ' }), ['shippingAddress.city']],
  ['a name too long', address({ name: 'x'.repeat(101) }), ['shippingAddress.name']],
  ['a line break in an address', address({ line1: 'a\nb' }), ['shippingAddress.line1']],
  ['a country in words', address({ country: 'Germany' }), ['shippingAddress.country']],
  ['no address', without('shippingAddress'), ['shippingAddress']],
  ['no e-mail address', orderBody({ contact: { email: 'ada' } }), ['contact.email']],
  ['a phone number in words', orderBody({ contact: { email: 'a@b.de', phone: 'none' } }), ['contact.phone']],
  ['a blank client reference', orderBody({ clientReference: '' }), ['clientReference']],
  ['an unknown way to fulfil', orderBody({ options: { fulfilment: 'soon' } }), ['options.fulfilment']],
  [
    'a deadline that has passed',
    orderBody({ options: { backorderUntil: '2020-01-01T00:00:00Z' } }),
    ['options.backorderUntil'],
  ],
  [
    'a deadline that PostgreSQL cannot store',
    orderBody({ options: { backorderUntil: '9999-12-31T23:59:59-23:59' } }),
    ['options.backorderUntil'],
  ],
  ['a deadline in words', orderBody({ options: { backorderUntil: 'tomorrow' } }), ['options.backorderUntil']],
  ['an array', [orderBody()], ['body']],
  ['a text', '"order"', ['body']],
  ['null', 'null', ['body']],
  ['a body nested without end', deep, [`a${'.a'.repeat(20)}`]],
];

test.each(wrongBodies)(
  'an order with %s is refused, naming the field, and nothing is stored',
  async (_, body, fields) => {
    const reply = await api.call('POST', '/v1/orders', { body });
    expectProblem(reply, 400, 'validation-failed');
    const named = (reply.body.errors as { field: string; message: string }[]).map(({ field }) => field);
    for (const field of fields) expect(named).toContain(field);
    for (const { message } of reply.body.errors) expect(message).toMatch(/^[A-Za-z]/);
    await expectNothingStored();
  },
);

const charset = (name: string) => {
  return { body: JSON.stringify(orderBody()), headers: { 'content-type': `application/json; charset=${name}` } };
};
const latin1 = (name: string) => Buffer.from(JSON.stringify(address({ name })), 'latin1');

const unreadable: [rule: string, options: CallOptions, status: number, kind: string][] = [
  ['broken JSON', { body: '{"lines": [' }, 400, 'malformed-request'],
  ['a body of 1 MB', { body: JSON.stringify(orderBody({ note: 'x'.repeat(1_000_000) })) }, 413, 'payload-too-large'],
  [
    'another content type',
    { body: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    415,
    'unsupported-media-type',
  ],
  [
    'another charset',
    { body: '{}', headers: { 'content-type': 'application/json; charset=latin1' } },
    415,
    'unsupported-media-type',
  ],
  ['a strange encoding', { body: '{}', headers: { 'content-encoding': 'x' } }, 415, 'unsupported-media-type'],
  ['a broken encoding', { body: '{}', headers: { 'content-encoding': 'gzip' } }, 400, 'malformed-request'],
  ['the charset UTF-16', charset('utf-16le'), 415, 'unsupported-media-type'],
  ['the charset UTF-7', charset('utf-7'), 415, 'unsupported-media-type'],
  ['bytes that are not UTF-8', { body: latin1('J\u00f6rg') }, 400, 'malformed-request'],
  ['a byte that is never in UTF-8', { body: latin1('\u00ff') }, 400, 'malformed-request'],
  ['no body', {}, 400, 'validation-failed'],
];

test.each(unreadable)('a request with %s is refused, and nothing is stored', async (_, options, status, kind) => {
  expectProblem(await api.call('POST', '/v1/orders', options), status, kind);
  await expectNothingStored();
});

test.each([
  ['empty', ''],
  ['longer than 255 characters', 'x'.repeat(256)],
  ['not printable ASCII', 'a\tb'],
  ['a card number', '4111 1111 1111 1111'],
])('an idempotency key that is %s is refused', async (_, key) => {
  const reply = await api.call('POST', '/v1/orders', { body: orderBody(), headers: { 'idempotency-key': key } });
  expectProblem(reply, 400, 'validation-failed');
  expect(reply.body.errors).toMatchObject([{ field: 'Idempotency-Key' }]);
  await expectNothingStored();
});

const wrongQueries: [query: string, field: string][] = [
  ['limit=0', 'limit'],
  ['limit=101', 'limit'],
  ['limit=1.5', 'limit'],
  ['limit=many', 'limit'],
  ['limit=0x10', 'limit'],
  ['limit=1e1', 'limit'],
  ['limit=%205%20', 'limit'],
  ['limit=+5', 'limit'],
  ['limit=', 'limit'],
  ['limit=1&limit=2', 'limit'],
  ['cursor=nonsense', 'cursor'],
  ['cursor=%00', 'cursor'],
  [`cursor=${Buffer.from("' OR 1=1").toString('base64url')}`, 'cursor'],
  ['status=shiped', 'status'],
  ['createdAfter=yesterday', 'createdAfter'],
  ['createdAfter=0000-01-01T00:00:00Z', 'createdAfter'],
  ['customerId=%00', 'customerId'],
  ['sort=asc', 'sort'],
  ['%00=1', 'query'],
];

test.each(wrongQueries)('a list asked for with ?%s is refused, naming %s', async (query, field) => {
  const reply = await api.call('GET', `/v1/orders?${query}`, { as: support });
  expectProblem(reply, 400, 'validation-failed');
  if (field !== 'query')
    expect(reply.body.errors).toEqual(expect.arrayContaining([expect.objectContaining({ field })]));
});

test('a query that is not UTF-8 is refused', async () => {
  const reply = await api.call('GET', '/v1/orders?customerId=J%F6rg', { as: support });
  expectProblem(reply, 400, 'malformed-request');
});

test('the currencies of lines that do not fit are named in one sentence, whichever the order asks for', async () => {
  const messages = new Set<string>();
  for (const currency of ['EUR', 'USD', 'JPY']) {
    const reply = await api.call('POST', '/v1/orders', {
      body: orderBody({ currency, lines: lines('MUG-001', 'CUP-USD') }),
    });
    expectProblem(reply, 400, 'validation-failed');
    messages.add(reply.body.detail as string);
  }
  expect([...messages]).toEqual([
    'currency is one for all lines of an order, but MUG-001 is priced in EUR, CUP-USD is priced in USD: order them apart',
  ]);
});

test.each(['/v1/orders/%00', '/v1/products/A%00', '/v1/orders/%ff', '/v1/orders/%ZZ/status'])(
  'the path %s is refused as malformed',
  async (path) => {
    const reply = await api.call('GET', path);
    expect(reply.status).toBe(400);
    expect(reply.headers.get('content-type')).toMatch('application/problem+json');
  },
);

test.each([
  [support, undefined, 400],
  [customer, 'cus_2', 403],
])('an order of %p for the customer %s is refused, naming customerId', async (as, customerId, status) => {
  const reply = await api.call('POST', '/v1/orders', { as, body: orderBody({ customerId }) });
  expectProblem(reply, status, status === 400 ? 'validation-failed' : 'forbidden');
  expect(reply.body.errors).toMatchObject([{ field: 'customerId' }]);
  await expectNothingStored();
});

function expectProblem(reply: Awaited<ReturnType<TestApi['call']>>, status: number, kind: string): void {
  expect(reply).toMatchObject({
    status,
    body: { type: `urn:consign:problem:${kind}`, status, title: expect.any(String), detail: expect.any(String) },
  });
  expect(reply.headers.get('content-type')).toMatch('application/problem+json');
}

async function expectNothingStored(): Promise<void> {
  const { order, orderLine, recipient, payment, timelineEntry, outboxEvent, idempotencyKey } = api.database;
  const counts = [order, orderLine, recipient, payment, timelineEntry, outboxEvent, idempotencyKey].map((table) =>
    (table as typeof order).count(),
  );
  expect(await Promise.all(counts)).toEqual([0, 0, 0, 0, 0, 0, 0]);
  expect(api.started).toEqual([]);
}
