import { setStock } from '../../api/inventory/stock';
import { verifyBooks } from '../../books/verify';
import { eventually } from '../support/eventually';
import { startFulfilmentStack, type FulfilmentStack } from '../support/fulfilment-stack';
import { givenOrder, givenStock, type GivenOrder } from '../support/given';

let stack: FulfilmentStack;

beforeAll(async () => {
  stack = await startFulfilmentStack();
}, 60_000);
afterAll(() => stack.stop());
afterEach(() => stack.sandbox.replaceFaults([]));

const inMs = (ms: number) => new Date(Date.now() + ms);
const HOUR_MS = 3600 * 1000;

async function started(order: GivenOrder): Promise<string> {
  const input = await givenOrder(stack.database, order);
  await stack.temporal.start(input);
  return input.orderId;
}

const untilAt = (orderId: string, status: string) =>
  eventually(
    () => stack.database.order.findUniqueOrThrow({ where: { id: orderId } }),
    (order) => order.status === status,
  );

/** Books a count of the stock as the API does, and lets the sweep wake those who can have it. */
async function arrives(sku: string, onHand: number): Promise<number> {
  await stack.database.$transaction((tx) => setStock(tx, sku, [{ warehouse: 'BER', onHand }], 'adm_1'));
  return stack.sweeps.wakeBackordered();
}

const templates = ({ messages }: { messages: { template: string }[] }) => messages.map(({ template }) => template);
const lineOf = (orderId: string) => stack.database.orderLine.findFirstOrThrow({ where: { orderId } });

test('orders that wait for stock are woken oldest first, when there is enough for each, and are delivered', async () => {
  await givenStock(stack.database, { 'BACK-1': { BER: 0 } });
  const order = { lines: [{ sku: 'BACK-1', quantity: 2 }], backorderUntil: inMs(HOUR_MS) };
  const first = await started(order);
  await untilAt(first, 'awaiting_stock');
  const second = await started(order);
  await untilAt(second, 'awaiting_stock');
  expect(await arrives('BACK-1', 1)).toBe(0);
  expect(await arrives('BACK-1', 3)).toBe(1);
  const { status, ledger } = await stack.untilSettled(first);
  expect(status).toBe('delivered');
  expect(templates(ledger)).toEqual(expect.arrayContaining(['order-backordered', 'order-confirmed']));
  await untilAt(second, 'awaiting_stock');
  expect(await arrives('BACK-1', 2)).toBe(1);
  expect((await stack.untilEnd(second)).status).toBe('delivered');
}, 60_000);

test('an order that waits expires at its deadline, and its customer is told', async () => {
  await givenStock(stack.database, { 'BACK-2': { BER: 1 } });
  const lines = [{ sku: 'BACK-2', quantity: 2 }];
  const { status, reason, ledger } = await stack.fulfil({ lines, backorderUntil: inMs(1500) });
  expect([status, reason]).toEqual(['expired', 'backorder_expired']);
  expect(templates(ledger)).toEqual(expect.arrayContaining(['order-backordered', 'order-expired']));
}, 60_000);

test('an order that waits and may ship in part ships at its deadline what there is', async () => {
  await givenStock(stack.database, { 'BACK-3': { BER: 1 } });
  const lines = [{ sku: 'BACK-3', quantity: 3 }];
  const options = { backorderUntil: inMs(1500), fulfilment: 'ship_available' as const };
  const { orderId, status, ledger } = await stack.fulfil({ lines, ...options });
  expect(status).toBe('delivered');
  expect((await lineOf(orderId)).droppedQuantity).toBe(2);
  expect(templates(ledger)).toEqual(expect.arrayContaining(['order-backordered', 'order-changed', 'order-delivered']));
}, 60_000);

test('what is not there is dropped, and never authorised nor captured', async () => {
  await givenStock(stack.database, { 'PART-1': { BER: 1, HAM: 2 } });
  const lines = [{ sku: 'PART-1', quantity: 5 }];
  const { orderId, status, ledger } = await stack.fulfil({ lines, fulfilment: 'ship_available' });
  expect(status).toBe('delivered');
  const { grand } = await stack.database.order.findUniqueOrThrow({ where: { id: orderId } });
  expect(ledger.payments.map(({ operation, amount }) => [operation, amount])).toEqual([
    ['authorise', Number(grand)],
    ['capture', Number(grand)],
  ]);
  expect((await lineOf(orderId)).droppedQuantity).toBe(2);
}, 60_000);

test('a parcel that its warehouse cannot pack is dropped, and the rest is captured and delivered', async () => {
  await givenStock(stack.database, { 'PART-2': { BER: 1, HAM: 2 } });
  await stack.sandbox.replaceFaults([{ port: 'warehouse', operation: 'pack', kind: 'refuse', match: {}, times: 1 }]);
  const lines = [{ sku: 'PART-2', quantity: 3 }];
  const { orderId, status, ledger } = await stack.fulfil({ lines, fulfilment: 'ship_available' });
  expect(status).toBe('delivered');
  const { grand } = await stack.database.order.findUniqueOrThrow({ where: { id: orderId } });
  expect(ledger.payments.at(-1)).toMatchObject({ operation: 'capture', amount: Number(grand) });
  expect((await lineOf(orderId)).droppedQuantity).toBeGreaterThan(0);
  expect(ledger.stock.map(({ reserved }) => reserved)).toEqual([0, 0]);
}, 60_000);

test('the books balance after all of it', async () => {
  expect((await verifyBooks(stack.url)).violations).toEqual([]);
});
