import { admin, givenCatalogue, orderBody, startApi, support, type TestApi } from './support';

let api: TestApi;

beforeAll(async () => {
  api = await startApi();
  await givenCatalogue(api.database);
});
afterAll(() => api.close());

const place = (over: Record<string, unknown>, key?: string) =>
  api.call('POST', '/v1/orders', {
    body: orderBody(over),
    ...(key !== undefined && { headers: { 'idempotency-key': key } }),
  });

const home = orderBody()['shippingAddress'] as Record<string, unknown>;
const { postalCode: _, ...withoutCode } = home;
const recipientOf = (orderId: unknown) =>
  api.database.recipient.findUniqueOrThrow({ where: { orderId: String(orderId) } });

test.each(['HK', 'AE', 'QA', 'AO', 'BO', 'JM'])('an address in %s needs no postal code', async (country) => {
  const reply = await place({ shippingAddress: { ...withoutCode, country } });
  expect(reply.status).toBe(202);
  expect((await recipientOf(reply.body.id)).postalCode).toBeNull();
});

test('a postal code is stored all the same where the country has none', async () => {
  const reply = await place({ shippingAddress: { ...home, postalCode: '00000', country: 'HK' } });
  expect((await recipientOf(reply.body.id)).postalCode).toBe('00000');
});

test.each(['#1001', '2026/0001', 'order 17', 'Bestellung Nº 7', 'b5ce9451-0ecb-4ebc-a1d1-1f0e2e29e8b0'])(
  'a client reference may be %p',
  async (clientReference) => {
    expect(await place({ clientReference })).toMatchObject({ status: 202, body: { clientReference } });
  },
);

test.each([
  'smith&sons@example.com',
  'ada@xn--mller-kva.example',
  'ada@müller.example',
  'post@例え.テスト',
  'ada@example.xn--p1ai',
  "o'brien+web@mail.example.co.uk",
])('an e-mail address may be %p', async (email) => {
  const reply = await place({ contact: { email } });
  expect(reply.status).toBe(202);
  expect((await recipientOf(reply.body.id)).email).toBe(email);
});

test('optional text that is null is as good as left out', async () => {
  const reply = await place({
    customerId: null,
    shippingAddress: { ...home, line2: null, region: null },
    contact: { email: 'ada@example.com', phone: null },
  });
  expect(reply.status).toBe(202);
  expect(await recipientOf(reply.body.id)).toMatchObject({ line2: null, region: null, phone: null });
});

test('an order is the same under its key whether optional text is null or left out, and with space around a field', async () => {
  const first = await place({ shippingAddress: { ...home, line2: null, postalCode: '10119 ' } }, 'same');
  const again = await place({ shippingAddress: { ...home, name: ' Ada Lovelace' } }, 'same');
  expect(again).toMatchObject({ status: 202, body: { id: first.body.id } });
  expect(await recipientOf(first.body.id)).toMatchObject({ name: 'Ada Lovelace', postalCode: '10119' });
});

test.each(['می‌خواهم', 'ភូមិ​ថ្មី', '👩‍💻 Ada', 'Jörg Ø. O’Neill-Łuczak', '山田 太郎'])('a name may be %p', async (name) => {
  const reply = await place({ shippingAddress: { ...home, name } });
  expect(reply.status).toBe(202);
  expect((await recipientOf(reply.body.id)).name).toBe(name);
});

test('the subject of a token may be as an identity provider writes it', async () => {
  const as = { role: 'customer', subject: 'auth0|5f7c8ec7c33c6c004bbafe82' } as const;
  const reply = await api.call('POST', '/v1/orders', { as, body: orderBody() });
  expect(reply).toMatchObject({ status: 202, body: { customerId: as.subject } });
  const list = await api.call('GET', `/v1/orders?customerId=${encodeURIComponent(as.subject)}`, { as: support });
  expect(list.body.items).toMatchObject([{ customerId: as.subject }]);
});

test('a body whose first bytes are a byte order mark is read', async () => {
  expect((await api.call('POST', '/v1/orders', { body: `\ufeff${JSON.stringify(orderBody())}` })).status).toBe(202);
});

test('what may be null is described so, and a body that is wholly optional as such', async () => {
  const { paths } = (await api.call('GET', '/openapi.json', { as: null })).body;
  const { requestBody } = paths['/v1/orders'].post;
  const { contact } = requestBody.content['application/json'].schema.properties;
  expect(requestBody.required).toBe(true);
  expect(contact.properties.phone.anyOf).toContainEqual({ type: 'null' });
  expect(paths['/v1/returns/{returnId}/authorise'].post.requestBody.required).toBe(false);
  expect(paths['/v1/returns/{returnId}/inspect'].post.requestBody.required).toBe(true);
});

test('a decision that needs no more than a note may come without a body, chunked or not', async () => {
  for (const options of [{ as: admin }, { as: admin, body: '' }]) {
    const reply = await api.call('POST', '/v1/returns/ret_01h455vb4pex5vsknk084sn02q/authorise', options);
    expect(reply.status).toBe(404);
  }
});
