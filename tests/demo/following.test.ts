import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { assertRunning, createClient, DemoError } from '../../demo/client';
import { parseEvents } from '../../demo/event-stream';
import { freePort } from '../support/ports';

let server: Server | undefined;

afterEach(() => server?.close());

/** Serves answers in turn and notes the header by which a stream is resumed. */
async function serve(answers: ((response: ServerResponse) => void)[]): Promise<{ url: string; resumed: unknown[] }> {
  const resumed: unknown[] = [];
  server = createServer((request, response) => {
    resumed.push(request.headers['last-event-id']);
    answers[resumed.length - 1]!(response);
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, resumed };
}

const event = (id: number) => `id: ${id}\nevent: timeline\ndata: ${JSON.stringify({ step: `step-${id}` })}\n\n`;
const tokens = { customer: 'a', support: 'b', admin: 'c' };

test('reads events that come in pieces, and passes over comments', async () => {
  async function* pieces() {
    for (const piece of ['retry: 1000\n\nid: 7\nda', 'ta: {"a":"ü', '"}\n\n: still here\n\n', 'id: 8\ndata: {}\n\n']) {
      yield new TextEncoder().encode(piece);
    }
  }
  const events = [];
  for await (const each of parseEvents(pieces())) events.push(each);
  expect(events).toEqual([
    { id: '7', data: '{"a":"ü"}' },
    { id: '8', data: '{}' },
  ]);
});

test('takes up a stream that was cut off where it ended, until all is told', async () => {
  const { url, resumed } = await serve([
    (response) => response.write(event(1), () => response.destroy()),
    (response) => response.end(event(2)),
    (response) => response.writeHead(204).end(),
  ]);
  const followed = [];
  for await (const { step } of createClient(url, tokens).follow('ord_1', new AbortController().signal))
    followed.push(step);
  expect(followed).toEqual(['step-1', 'step-2']);
  expect(resumed).toEqual(['0', '1', '2']);
});

test('ends quietly where nobody wants to know any more', async () => {
  const { url } = await serve([(response) => void response.write(event(1))]);
  const stop = new AbortController();
  for await (const { step } of createClient(url, tokens).follow('ord_1', stop.signal)) {
    expect(step).toBe('step-1');
    stop.abort();
  }
  server?.closeAllConnections();
});

test('says in one line that no stack is running', async () => {
  const failure = assertRunning(`http://127.0.0.1:${await freePort()}`);
  await expect(failure).rejects.toThrow(
    /^Consign is not running at http:\/\/127.0.0.1:[0-9]+: run npm start in another/,
  );
  await expect(failure).rejects.toBeInstanceOf(DemoError);
});

test('says that the API does not answer, instead of waiting for ever', async () => {
  const { url } = await serve([() => undefined]);
  await expect(createClient(url, tokens, 50).call('admin', 'PUT', '/v1/orders', [])).rejects.toThrow(
    'PUT /v1/orders was not answered',
  );
  server?.closeAllConnections();
});

test.each([
  [401, '/v1/orders', /give the demo the DATA_DIR or JWT_SECRET of the stack/],
  [404, '/v1/sandbox/faults', /the sandbox is off/],
  [422, '/v1/orders', /PUT \/v1\/orders was answered 422: no/],
])('says what to do about an answer %d to %s', async (status, path, message) => {
  const { url } = await serve([(response) => response.writeHead(status).end('no')]);
  await expect(createClient(url, tokens).call('admin', 'PUT', path, [])).rejects.toThrow(message);
});
