import { eventually } from '../support/eventually';
import { admin, givenCatalogue, moveOrder, orderBody, startApi, type TestApi } from './support';

let api: TestApi;
let woken: string[] = [];
let wake: (orderId: string) => Promise<void>;

beforeAll(async () => {
  api = await startApi({ wake: (orderId) => wake(orderId) });
  await givenCatalogue(api.database);
});
afterAll(() => api.close());
beforeEach(() => {
  woken = [];
  wake = async (orderId) => void woken.push(orderId);
});
afterEach(async () => {
  await api.database.order.updateMany({ where: { status: 'awaiting_stock' }, data: { status: 'compensating' } });
  await api.database.stockLevel.deleteMany();
});

/** Places an order that waits for stock. */
async function givenWaiting(quantities: Record<string, number>): Promise<string> {
  const lines = Object.entries(quantities).map(([sku, quantity]) => ({ sku, quantity }));
  const body = orderBody({ lines, options: { backorderUntil: '2126-01-31T09:00:00Z' } });
  const { id } = (await api.call('POST', '/v1/orders', { body })).body as { id: string };
  await moveOrder(api.database, id, 'validated', 'awaiting_stock');
  return id;
}

const count = (sku: string, onHand: number) =>
  api.call('PUT', `/v1/inventory/${sku}`, { as: admin, body: { levels: [{ warehouse: 'BER', onHand }] } });

const wokenOf = (orderId: string) => api.database.order.findUniqueOrThrow({ where: { id: orderId } });

/** Resolves once everything that a count set off has ended: the last one that it wakes is marked. */
const untilWoken = (orderId: string) =>
  eventually(
    () => wokenOf(orderId),
    ({ wakes }) => wakes > 0,
  );

test('a count wakes exactly the waiting orders that can be had together, oldest first', async () => {
  const first = await givenWaiting({ 'MUG-001': 2 });
  await givenWaiting({ 'MUG-001': 4 });
  await givenWaiting({ 'MUG-001': 1, 'MUG-002': 1 });
  const fourth = await givenWaiting({ 'MUG-001': 3 });
  const reply = await count('MUG-001', 5);
  expect(reply).toMatchObject({
    status: 200,
    body: { sku: 'MUG-001', levels: [{ warehouse: 'BER', onHand: 5, reserved: 0, available: 5 }] },
  });
  await untilWoken(fourth);
  expect(woken).toEqual([first, fourth]);
});

test('a count of one sku wakes nobody who does not want it', async () => {
  await givenWaiting({ 'MUG-002': 1 });
  await api.database.stockLevel.create({ data: { sku: 'MUG-002', warehouse: 'BER', onHand: 5 } });
  const wants = await givenWaiting({ 'MUG-001': 1, 'MUG-002': 1 });
  await count('MUG-001', 1);
  await untilWoken(wants);
  expect(woken).toEqual([wants]);
});

test('nobody whose deadline has passed is woken, nor has a claim', async () => {
  const late = await givenWaiting({ 'MUG-001': 1 });
  await api.database.order.update({ where: { id: late }, data: { backorderUntil: new Date('2020-01-01') } });
  const waits = await givenWaiting({ 'MUG-001': 1 });
  await count('MUG-001', 1);
  await untilWoken(waits);
  expect(woken).toEqual([waits]);
});

test('a count is answered while Temporal cannot be reached, and the orders are left to the sweep', async () => {
  const waits = await givenWaiting({ 'MUG-001': 1 });
  const asked: string[] = [];
  wake = (orderId) => {
    asked.push(orderId);
    return Promise.reject(new Error('14 UNAVAILABLE'));
  };
  expect(await count('MUG-001', 1)).toMatchObject({ status: 200, body: { levels: [{ available: 1 }] } });
  await eventually(
    () => asked,
    (orders) => orders.length > 0,
  );
  expect(await wokenOf(waits)).toMatchObject({ wakes: 0, wokenAt: null });
});

test('a count is answered while Temporal does not answer', async () => {
  await givenWaiting({ 'MUG-001': 1 });
  wake = () => new Promise(() => undefined);
  expect(await count('MUG-001', 1)).toMatchObject({ status: 200 });
});

test('an order that was just woken is left alone for a while, which doubles each time', async () => {
  const [busy, waits] = [await givenWaiting({ 'MUG-001': 1 }), await givenWaiting({ 'MUG-001': 1 })];
  const woke = (wakes: number, agoMs: number) =>
    api.database.order.update({ where: { id: busy }, data: { wakes, wokenAt: new Date(Date.now() - agoMs) } });
  await woke(10, 600 * 1000);
  await count('MUG-001', 2);
  await untilWoken(waits);
  expect(woken).toEqual([waits]);
  await moveOrder(api.database, waits, 'compensating');
  await woke(10, 1050 * 1000);
  await count('MUG-001', 3);
  await eventually(
    () => wokenOf(busy),
    ({ wakes }) => wakes === 11,
  );
  expect(woken).toEqual([waits, busy]);
});
