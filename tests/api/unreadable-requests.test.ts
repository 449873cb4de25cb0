import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { eventually } from '../support/eventually';
import { customer, givenCatalogue, orderBody, startApi, type TestApi } from './support';

let api: TestApi;
let impatient: TestApi;

beforeAll(async () => {
  [api, impatient] = await Promise.all([startApi(), startApi({}, {}, { headersMs: 100, requestMs: 100, checkMs: 20 })]);
  await givenCatalogue(api.database);
});
afterAll(() => Promise.all([api.close(), impatient.close()]));

/** A connection to the API, and what it has answered so far. */
async function open(to = api) {
  const { hostname, port } = new URL(to.url);
  const socket: Socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => void (text += chunk));
  const closed = once(socket, 'close').then(() => text);
  return { socket, closed, text: () => text };
}

const lines = (...of: string[]) => `${of.join('\r\n')}\r\n\r\n`;

async function headOf(body: string, ...more: string[]): Promise<string> {
  const token = await api.tokenOf(customer);
  const length = more.some((line) => /^(content-length|transfer-encoding)/i.test(line))
    ? []
    : [`Content-Length: ${Buffer.byteLength(body)}`];
  const fixed = ['POST /v1/orders HTTP/1.1', 'Host: api', 'Content-Type: application/json'];
  return lines(...fixed, `Authorization: Bearer ${token}`, ...length, ...more);
}

/** What came over the wire, taken apart. */
function read(text: string) {
  const [head = '', body = ''] = text.split(/\r\n\r\n/);
  const [statusLine = '', ...fields] = head.split('\r\n');
  const headers = new Headers(fields.map((field) => field.split(/: (.*)/).slice(0, 2) as [string, string]));
  return { status: Number(statusLine.split(' ')[1]), headers, body };
}

function expectProblem(text: string, status: number, kind: string): void {
  const answer = read(text);
  expect(answer.status).toBe(status);
  expect(JSON.parse(answer.body)).toMatchObject({ type: `urn:consign:problem:${kind}`, status });
  expect(answer.headers.get('content-type')).toMatch('application/problem+json');
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  expect(answer.headers.get('content-security-policy')).toMatch("default-src 'none'");
  expect(answer.headers.get('x-request-id')).toBeTruthy();
  expect(answer.headers.get('connection')).toBe('close');
}

test('a body that says it is over the limit is refused before any of it is sent, and the connection is closed', async () => {
  const { socket, closed } = await open();
  socket.write(await headOf('', 'Content-Length: 10000000000'));
  expectProblem(await closed, 413, 'payload-too-large');
});

test('a client that keeps sending such a body still gets the answer', async () => {
  const { socket, closed, text } = await open();
  socket.write(await headOf('', 'Content-Length: 50000000'));
  const chunk = Buffer.alloc(1_000_000, ' ');
  socket.on('drain', () => socket.write(chunk)).on('error', () => undefined);
  socket.write(chunk);
  await eventually(text, (answer) => answer.includes('payload-too-large'));
  expectProblem(await closed, 413, 'payload-too-large');
});

test('a body of unknown length is refused as soon as it is over the limit, however much would follow', async () => {
  const { socket, closed } = await open();
  socket.write(await headOf('', 'Transfer-Encoding: chunked'));
  const kilobyte = `400\r\n${' '.repeat(1024)}\r\n`;
  socket.write(kilobyte.repeat(257));
  expectProblem(await closed, 413, 'payload-too-large');
});

test('a body that is small only while it is compressed is refused', async () => {
  const body = gzipSync(Buffer.alloc(300 * 1024, ' '));
  const reply = await api.call('POST', '/v1/orders', { body, headers: { 'content-encoding': 'gzip' } });
  expect(reply.status).toBe(413);
});

test.each([
  ['gzip', gzipSync],
  ['br', brotliCompressSync],
  ['deflate', deflateSync],
])('a body may come with Content-Encoding %s', async (encoding, compress) => {
  const body = compress(JSON.stringify(orderBody()));
  const reply = await api.call('POST', '/v1/orders', { body, headers: { 'content-encoding': encoding } });
  expect(reply.status).toBe(202);
});

describe('a client that waits for 100 Continue', () => {
  const expectation = 'Expect: 100-continue';

  test('gets it, and its order is placed', async () => {
    const body = JSON.stringify(orderBody());
    const { socket, closed, text } = await open();
    socket.write(await headOf(body, expectation, 'Connection: close'));
    await eventually(text, (answer) => answer === 'HTTP/1.1 100 Continue\r\n\r\n');
    socket.write(body);
    expect((await closed).split('\r\n\r\n').slice(1).join('\r\n\r\n')).toMatch(/^HTTP\/1\.1 202 /);
  });

  test.each([
    ['a token that is wrong', 401, 'unauthenticated', ['Authorization: Bearer nonsense']],
    ['a body over the limit', 413, 'payload-too-large', ['Content-Length: 300000']],
  ])('is refused at once for %s', async (_, status, kind, headers) => {
    const head = (await headOf('', ...headers, expectation)).split('\r\n');
    const own = headers.some((line) => line.startsWith('Authorization'))
      ? head.filter((line) => !line.startsWith('Authorization') || headers.includes(line))
      : head;
    const { socket, text } = await open();
    socket.write(own.join('\r\n'));
    const answer = await eventually(text, (all) => all.includes('urn:consign:problem'));
    expect(answer).not.toContain('100 Continue');
    expect(read(answer)).toMatchObject({ status });
    expect(answer).toContain(kind);
    socket.destroy();
  });
});

test.each<[string, string, number, string]>([
  ['what is no HTTP', lines('nonsense'), 400, 'malformed-request'],
  [
    'two lengths',
    lines('GET / HTTP/1.1', 'Host: a', 'Content-Length: 1', 'Content-Length: 2'),
    400,
    'malformed-request',
  ],
  ['no host', lines('GET /healthz HTTP/1.1', 'Connection: close'), 400, 'malformed-request'],
  ['headers of 20 kB', lines('GET / HTTP/1.1', 'Host: a', `X-Long: ${'x'.repeat(20_000)}`), 431, 'headers-too-large'],
  [
    'another expectation',
    lines('GET /healthz HTTP/1.1', 'Host: a', 'Expect: 200-ok', 'Connection: close'),
    417,
    'expectation-failed',
  ],
])('%s is answered with a problem document and the security headers', async (_, sent, status, kind) => {
  const { socket, closed } = await open();
  socket.write(sent);
  expectProblem(await closed, status, kind);
});

test.each([
  ['headers that do', async () => 'GET /healthz HTTP/1.1\r\nHost: a\r\n'],
  ['a body that does', async () => `${await headOf(' '.repeat(100))}{"currency":`],
])('%s not arrive in time is answered with a problem document', async (_, sent) => {
  const { socket, closed } = await open(impatient);
  socket.write(await sent());
  expectProblem(await closed, 408, 'request-timeout');
});

test('a body that nobody reads is not waited for', async () => {
  const { socket, closed } = await open();
  socket.write(lines('GET /healthz HTTP/1.1', 'Host: a', 'Content-Length: 10000000000'));
  expect(read(await closed)).toMatchObject({ status: 200, body: '{"status":"ok"}' });
});

test.each([
  ['/healthz', '"ok"'],
  ['/nothing', 'not-found'],
])('a connection is kept for the next request after an answer of %s', async (path, part) => {
  const { socket, text } = await open();
  const ask = lines(`GET ${path} HTTP/1.1`, 'Host: a');
  socket.write(ask);
  await eventually(text, (answer) => answer.includes(part));
  socket.write(ask);
  await eventually(text, (answer) => answer.split(part).length === 3);
  socket.destroy();
});
