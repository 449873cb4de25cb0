import { preferredWait } from '../../api/orders/prefer';
import { eventually } from '../support/eventually';
import { customer, givenCatalogue, moveOrder, orderBody, shipOrder, startApi, type TestApi } from './support';

let api: TestApi;

beforeAll(async () => {
  api = await startApi();
  await givenCatalogue(api.database);
});
afterAll(() => api.close());

const placeAndWait = (prefer: string, clientReference: string) =>
  api.call('POST', '/v1/orders', { body: orderBody({ clientReference }), headers: { prefer } });

const placed = async (clientReference: string): Promise<string> => {
  const order = await eventually(
    () => api.database.order.findFirst({ where: { clientReference } }),
    (found) => found !== null,
  );
  return order!.id;
};

test('Prefer: wait answers live when the order is shipped', async () => {
  const reply = placeAndWait('wait=30', 'shipped');
  await shipOrder(api.database, await placed('shipped'));
  expect(await reply).toMatchObject({ status: 202, body: { status: 'shipped' } });
  expect((await reply).headers.get('preference-applied')).toBe('wait=30');
});

test('Prefer: wait answers live when the order is at rest, with the reason', async () => {
  const reply = placeAndWait('wait=30', 'rejected');
  const id = await placed('rejected');
  await moveOrder(api.database, id, 'compensating');
  await api.database.order.update({ where: { id }, data: { reason: 'out_of_stock' } });
  await moveOrder(api.database, id, 'rejected');
  expect(await reply).toMatchObject({ status: 202, body: { status: 'rejected', reason: 'out_of_stock' } });
});

test('Prefer: wait answers with the order as it is when the time is over', async () => {
  const reply = await placeAndWait('wait=1', 'slow');
  expect(reply).toMatchObject({ status: 202, body: { status: 'created' } });
  expect(reply.headers.get('preference-applied')).toBe('wait=1');
});

test('many wait at once, each for its own order', async () => {
  const names = Array.from({ length: 10 }, (_, index) => `many-${index}`);
  const replies = names.map((name) => placeAndWait('wait=30', name));
  for (const name of names.toReversed()) await shipOrder(api.database, await placed(name));
  const orders = (await Promise.all(replies)).map(({ body }) => `${body.clientReference} ${body.status}`);
  expect(orders).toEqual(names.map((name) => `${name} shipped`));
});

test.each([
  ['wait=10', 10],
  ['respond-async, wait=10', 10],
  ['WAIT = "7"; foo', 7],
  ['wait=31', 30],
  ['wait=999999999', 30],
  ['wait=0', 0],
  ['wait=soon', undefined],
  ['wait=-1', undefined],
  ['respond-async', undefined],
  [undefined, undefined],
])('Prefer: %s means to wait %p seconds', (prefer, seconds) => expect(preferredWait(prefer)).toBe(seconds));

test('a preference that is not understood is not applied, and no error', async () => {
  const reply = await placeAndWait('wait=soon', 'odd');
  expect(reply.status).toBe(202);
  expect(reply.headers.get('preference-applied')).toBeNull();
});

test('a client that goes away is waited for no more', async () => {
  const leaving = await startApi({}, { maxWaiters: 1 });
  await givenCatalogue(leaving.database);
  const gone = new AbortController();
  const token = await leaving.tokenOf(customer);
  const request = fetch(`${leaving.url}/v1/orders`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', prefer: 'wait=30' },
    body: JSON.stringify(orderBody()),
    signal: gone.signal,
  });
  await eventually(
    () => leaving.watcher.full,
    (full) => full,
  );
  gone.abort();
  await expect(request).rejects.toThrow('aborted');
  await eventually(
    () => leaving.watcher.full,
    (full) => !full,
  );
  await leaving.close();
});
