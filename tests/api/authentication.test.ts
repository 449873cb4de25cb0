import { createHmac } from 'node:crypto';
import { issueToken, tokenRules, verifyToken } from '../../api/access/tokens';
import { readConfig } from '../../infra/config';
import { admin, customer, givenCatalogue, JWT_SECRET, orderBody, startApi, support, type TestApi } from './support';

let api: TestApi;

beforeAll(async () => {
  api = await startApi();
  await givenCatalogue(api.database);
});
afterAll(() => api.close());

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const now = Math.floor(Date.now() / 1000);
const inAnHour = now + 3600;
const claims = { iss: 'consign', aud: 'consign-api', sub: 'cus_1', role: 'customer', iat: now, exp: inAnHour };

/** A token signed by hand, so that what our own issuer would never write can be sent. */
function sign(over: object, header: object = { alg: 'HS256' }, secret = JWT_SECRET): string {
  const signed = `${encode(header)}.${encode({ ...claims, ...over })}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

const refusedTokens: [rule: string, authorization: string | undefined, detail: RegExp][] = [
  ['no token', undefined, /Authorization/],
  ['another scheme', 'Basic YTpi', /Bearer/],
  ['an empty token', 'Bearer ', /Bearer/],
  ['something that is no JWT', 'Bearer abc', /malformed/],
  ['the algorithm none', `Bearer ${encode({ alg: 'none' })}.${encode(claims)}.`, /HS256/],
  ['another algorithm', `Bearer ${sign({}, { alg: 'HS512' })}`, /HS256/],
  ["another's signature", `Bearer ${sign({}, { alg: 'HS256' }, 'some other secret of more than 32 b')}`, /signature/],
  ['an expired token', `Bearer ${sign({ iat: now - 7200, exp: now - 3600 })}`, /expired/],
  ['a token without an end', `Bearer ${sign({ exp: undefined })}`, /"exp"/],
  ['a token of another issuer', `Bearer ${sign({ iss: 'else' })}`, /"iss"/],
  ['a token for another audience', `Bearer ${sign({ aud: 'else' })}`, /"aud"/],
  ['a token without a subject', `Bearer ${sign({ sub: undefined })}`, /"sub"/],
  ['a token with a strange subject', `Bearer ${sign({ sub: 'a b' })}`, /"sub"/],
  ['a token without a beginning', `Bearer ${sign({ iat: undefined })}`, /"iat"/],
  ['a token from the future', `Bearer ${sign({ iat: now + 60 })}`, /"iat"/],
  ["a customer's token for more than a day", `Bearer ${sign({ exp: now + 24 * 3600 + 1 })}`, /24 h at most/],
  [
    "staff's token for more than 12 hours",
    `Bearer ${sign({ role: 'support', exp: now + 12 * 3600 + 1 })}`,
    /12 h at most/,
  ],
  ['a token with an unknown role', `Bearer ${sign({ role: 'root' })}`, /"role"/],
];

test.each(refusedTokens)('%s is answered 401, saying why', async (_, authorization, detail) => {
  const headers = authorization === undefined ? {} : { authorization };
  const reply = await api.call('GET', '/v1/orders', { as: null, headers });
  expect(reply).toMatchObject({ status: 401, body: { type: 'urn:consign:problem:unauthenticated' } });
  expect(reply.body.detail).toMatch(detail);
  expect(reply.headers.get('www-authenticate')).toMatch(/^Bearer error="invalid_token", error_description="[^"]+"$/);
});

test('a token that expired less than 5 s ago is still accepted, since clocks differ', async () => {
  const justNow = Math.floor(Date.now() / 1000) - 1;
  const headers = { authorization: `Bearer ${sign({ iat: justNow - 60, exp: justNow })}` };
  expect(await api.call('GET', '/v1/orders', { as: null, headers })).toMatchObject({ status: 200 });
});

test('a token that we issue is accepted', async () => {
  const token = await issueToken(JWT_SECRET, { subject: 'cus_1', role: 'customer', expiresInSeconds: 60 });
  const headers = { authorization: `bearer ${token}` };
  expect(await api.call('GET', '/v1/orders', { as: null, headers })).toMatchObject({ status: 200 });
});

describe('while one secret is replaced by another', () => {
  const [current, previous] = ['the secret that signs from now on', 'the secret that signed until now'];
  const rules = tokenRules(readConfig({ JWT_SECRET_PREVIOUS: previous }), current);

  test.each([current, previous])('a token that %s is accepted', async (secret) => {
    expect(await verifyToken(rules, sign({}, undefined, secret))).toMatchObject({ subject: 'cus_1', role: 'customer' });
  });

  test('a third one is refused, and an expired token is told of as such', async () => {
    await expect(verifyToken(rules, sign({}))).rejects.toThrow('signature is wrong');
    const expired = sign({ iat: now - 7200, exp: now - 3600 }, undefined, previous);
    await expect(verifyToken(rules, expired)).rejects.toThrow('has expired');
  });
});

test('staff may be given longer tokens by the configuration', async () => {
  const rules = tokenRules(readConfig({ JWT_STAFF_HOURS: '48' }), JWT_SECRET);
  const token = sign({ role: 'admin', exp: now + 47 * 3600 });
  expect(await verifyToken(rules, token)).toMatchObject({ role: 'admin' });
});

test.each([
  [customer, 'PUT', '/v1/products/MUG-001'],
  [support, 'PUT', '/v1/products/MUG-001'],
  [customer, 'PUT', '/v1/inventory/MUG-001'],
  [support, 'PUT', '/v1/inventory/MUG-001'],
])('%p may not %s %s', async (as, method, path) => {
  const reply = await api.call(method, path, { as, body: {} });
  expect(reply).toMatchObject({ status: 403, body: { type: 'urn:consign:problem:forbidden' } });
  expect(reply.body.detail).toBe(`this needs the role admin; the token has ${as.role}`);
});

test.each(['', '/status', '/timeline', '/events'])(
  "another customer's order%s is answered as one that is not there",
  async (tail) => {
    const { body: order } = await api.call('POST', '/v1/orders', {
      as: support,
      body: orderBody({ customerId: 'cus_2' }),
    });
    const unknown = `ord_${'0'.repeat(26)}`;
    const foreign = await api.call('GET', `/v1/orders/${order.id}${tail}`);
    const missing = await api.call('GET', `/v1/orders/${unknown}${tail}`);
    expect(foreign.status).toBe(404);
    expect(foreign.text.replaceAll(order.id, unknown)).toBe(missing.text);
    if (tail !== '/events') {
      expect(await api.call('GET', `/v1/orders/${order.id}${tail}`, { as: admin })).toMatchObject({ status: 200 });
    }
  },
);
