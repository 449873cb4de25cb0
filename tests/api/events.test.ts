import { eventually } from '../support/eventually';
import { issueToken } from '../../api/access/tokens';
import { customer, givenCatalogue, JWT_SECRET, moveOrder, orderBody, startApi, type TestApi } from './support';

let api: TestApi;

beforeAll(async () => {
  api = await startApi();
  await givenCatalogue(api.database);
});
afterAll(() => api.close());

interface Event {
  id: string;
  event: string;
  data: { status: string | null; note: string | null };
}

const placeOrder = async (): Promise<string> =>
  (await api.call('POST', '/v1/orders', { body: orderBody() })).body.id as string;

const entriesOf = (orderId: string) =>
  api.database.timelineEntry.findMany({ where: { orderId }, orderBy: { id: 'asc' } });

/** Opens the stream and reads it to its end; `events` grows as they come. */
async function follow(orderId: string, headers: Record<string, string> = {}) {
  const gone = new AbortController();
  const response = await fetch(`${api.url}/v1/orders/${orderId}/events`, {
    headers: { authorization: `Bearer ${await api.tokenOf(customer)}`, ...headers },
    signal: gone.signal,
  });
  const events: Event[] = [];
  const read = async (): Promise<void> => {
    let text = '';
    let all = '';
    for await (const chunk of response.body ?? []) {
      const arrived = Buffer.from(chunk as Uint8Array).toString();
      text += arrived;
      all += arrived;
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      events.push(...blocks.filter((block) => block.startsWith('id:')).map(parse));
    }
    const { status, headers: answered } = response;
    api.check({ method: 'GET', path: `/v1/orders/${orderId}/events`, status, headers: answered, text: all });
  };
  return { response, events, ended: read(), leave: () => gone.abort() };
}

function parse(block: string): Event {
  const fields = Object.fromEntries(
    block.split('\n').map((line) => line.split(/: (.*)/).slice(0, 2) as [string, string]),
  );
  return { id: fields['id']!, event: fields['event']!, data: JSON.parse(fields['data']!) as Event['data'] };
}

const statuses = (events: Event[]) => events.map(({ data }) => data.status);

test("a customer's stream keeps back what staff noted among themselves", async () => {
  const id = await placeOrder();
  const entry = { orderId: id, actorType: 'support', actorId: 'sup_1', note: 'among ourselves' };
  await api.database.timelineEntry.create({ data: entry });
  await moveOrder(api.database, id, 'compensating', 'cancelled');
  const { events, ended } = await follow(id);
  await ended;
  expect(events).toHaveLength(4);
  expect(events.map(({ data }) => data.note)).toEqual([null, null, null, null]);
});

test('a stream tells each change as it happens, and ends when the order rests', async () => {
  const id = await placeOrder();
  const stream = await follow(id);
  expect(stream.response.status).toBe(200);
  expect(stream.response.headers.get('content-type')).toMatch('text/event-stream');
  await eventually(
    () => stream.events.length,
    (count) => count === 1,
  );
  await moveOrder(api.database, id, 'validated');
  await eventually(
    () => stream.events.length,
    (count) => count === 2,
  );
  await moveOrder(api.database, id, 'compensating', 'rejected');
  await stream.ended;
  expect(statuses(stream.events)).toEqual(['created', 'validated', 'compensating', 'rejected']);
  expect(new Set(stream.events.map(({ event }) => event))).toEqual(new Set(['timeline']));
  const timeline = await api.call('GET', `/v1/orders/${id}/timeline`);
  expect(stream.events.map(({ data }) => data)).toEqual(timeline.body.items);
  expect(stream.events.map((event) => event.id)).toEqual((await entriesOf(id)).map((entry) => String(entry.id)));
});

test('a change of a step that leaves the status is told too', async () => {
  const id = await placeOrder();
  const stream = await follow(id);
  const entry = { orderId: id, step: 'pack/BER', actorType: 'system', actorId: 'saga' };
  await api.database.timelineEntry.create({ data: entry });
  await eventually(
    () => stream.events.length,
    (count) => count === 2,
  );
  expect(stream.events[1]?.data).toMatchObject({ step: 'pack/BER', status: null });
  await moveOrder(api.database, id, 'compensating', 'failed');
  await stream.ended;
});

test('a stream goes on after Last-Event-ID', async () => {
  const id = await placeOrder();
  await moveOrder(api.database, id, 'validated', 'reserved', 'compensating', 'rejected');
  const [, second] = await entriesOf(id);
  const stream = await follow(id, { 'last-event-id': String(second!.id) });
  await stream.ended;
  expect(statuses(stream.events)).toEqual(['reserved', 'compensating', 'rejected']);
});

test('a client that was told all of an order at rest is told to reconnect no more', async () => {
  const id = await placeOrder();
  await moveOrder(api.database, id, 'compensating', 'cancelled');
  const last = (await entriesOf(id)).at(-1)!;
  const stream = await follow(id, { 'last-event-id': String(last.id) });
  expect(stream.response.status).toBe(204);
});

test('a stream survives a client that leaves in the middle', async () => {
  const id = await placeOrder();
  const leaving = await follow(id);
  const staying = await follow(id);
  leaving.leave();
  await expect(leaving.ended).rejects.toThrow('aborted');
  await moveOrder(api.database, id, 'compensating', 'failed');
  await staying.ended;
  expect(statuses(staying.events)).toEqual(['created', 'compensating', 'failed']);
});

test('a Last-Event-ID that is no id of ours is refused', async () => {
  const reply = await api.call('GET', `/v1/orders/${await placeOrder()}/events`, { headers: { 'last-event-id': 'x' } });
  expect(reply).toMatchObject({ status: 400, body: { errors: [{ field: 'Last-Event-Id' }] } });
});

test('a stream ends when the token of its reader does, and goes on with another', async () => {
  const id = await placeOrder();
  // A token is taken for five seconds longer than it lasts, since clocks differ.
  const token = await issueToken(JWT_SECRET, { ...customer, expiresInSeconds: -2 });
  const response = await fetch(`${api.url}/v1/orders/${id}/events`, { headers: { authorization: `Bearer ${token}` } });
  expect(response.status).toBe(200);
  expect(await response.text()).toMatch(/^retry: 1000/);
  const again = await api.call('GET', `/v1/orders/${id}/events`, {
    headers: { authorization: `Bearer ${token}` },
    as: null,
  });
  expect(again.status).toBe(401);
});

test('open streams end when the process stops', async () => {
  const stopping = await startApi();
  await givenCatalogue(stopping.database);
  const { body } = await stopping.call('POST', '/v1/orders', { body: orderBody() });
  const response = await fetch(`${stopping.url}${body.links.events}`, {
    headers: { authorization: `Bearer ${await stopping.tokenOf(customer)}` },
  });
  stopping.watcher.stop();
  expect(await response.text()).toMatch(/^retry: 1000/);
  await stopping.close();
});
