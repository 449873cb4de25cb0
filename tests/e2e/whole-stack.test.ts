import type { OrderResource } from '../../contracts/http/order';
import { verifyBooks } from '../../books/verify';
import { createTestStack, orderBody, type TestStack } from '../support/stack';

let stack: TestStack;

beforeAll(async () => {
  stack = await createTestStack({ carrierRetries: 0 });
  await stack.start();
}, 180_000);
afterAll(async () => {
  await stack.stop();
  stack.remove();
}, 60_000);

const operations = (effects: { operation: string }[]) => effects.map(({ operation }) => operation);

test('an order goes from acceptance to delivery, with each effect once in every book', async () => {
  const placed = await stack.place({ quantity: 2, headers: { prefer: 'wait=20', 'idempotency-key': 'first' } });
  expect(placed.status).toBe('shipped');
  const order = await stack.atRest(placed.id);
  expect(order).toMatchObject({ status: 'delivered', reason: null, shipments: [{ status: 'delivered' }] });
  expect(order.payment.captured).toEqual(order.totals.grand);
  const ledger = await stack.ledger(order.id);
  expect(operations(ledger.payments)).toEqual(['authorise', 'capture']);
  expect(operations(ledger.packs)).toEqual(['pack']);
  expect(operations(ledger.labels)).toEqual(['book', 'hand_over']);
  const { body } = await stack.call('GET', `/v1/orders/${order.id}/timeline`);
  const statuses = (body as { items: { status: string }[] }).items.map(({ status }) => status);
  expect([...new Set(statuses)]).toEqual([
    'created',
    'validated',
    'reserved',
    'authorised',
    'packed',
    'paid',
    'shipped',
    'delivered',
  ]);
}, 60_000);

test('a declined card rejects the order and releases its stock', async () => {
  const { id } = await stack.place({ token: 'tok_declined', sku: 'MUG-001', quantity: 3 });
  const order = await stack.atRest(id);
  expect(order).toMatchObject({ status: 'rejected', reason: 'payment_declined' });
  expect((await stack.ledger(id)).stock.map(({ reserved }) => reserved)).toEqual([0, 0]);
}, 60_000);

test('an order that every carrier refuses is undone: goods back, stock released, authorisation voided', async () => {
  const match = { clientReference: 'nobody-carries' };
  const faults = [{ port: 'shipping', operation: 'book', match, kind: 'refuse' }];
  await stack.call('PUT', '/v1/sandbox/faults', { role: 'admin', body: faults });
  const { id } = await stack.place({ clientReference: 'nobody-carries' });
  const order = await stack.atRest(id);
  expect(order).toMatchObject({ status: 'rejected', reason: 'no_carrier' });
  expect(order.payment).toMatchObject({ authorised: { amount: 0 }, captured: { amount: 0 } });
  const ledger = await stack.ledger(id);
  expect(operations(ledger.packs)).toEqual(['pack', 'return_to_shelf']);
  expect(operations(ledger.payments)).toEqual(['authorise', 'void']);
}, 60_000);

test('200 orders at concurrency 20 over 3 skus: none is oversold, and those for more than there is are rejected', async () => {
  const skus = ['RACE-001', 'RACE-002', 'RACE-003'];
  const onHand = 80;
  for (const sku of skus) {
    const product = { name: sku, category: 'test', unitPrice: { amount: 990, currency: 'EUR' }, weightGrams: 100 };
    await stack.call('PUT', `/v1/products/${sku}`, { role: 'admin', body: { ...product, active: true } });
    const levels = [
      { warehouse: 'BER', onHand: onHand / 2 },
      { warehouse: 'HAM', onHand: onHand / 2 },
    ];
    await stack.call('PUT', `/v1/inventory/${sku}`, { role: 'admin', body: { levels } });
  }
  const placed = await atConcurrency(20, 200, (index) =>
    stack.place({ sku: skus[index % 3] as string, quantity: 1 + (index % 2) }),
  );
  const orders = await atConcurrency(20, 200, (index) => stack.atRest((placed[index] as OrderResource).id));
  for (const sku of skus) {
    const shipped = orders.filter(({ status, lines }) => status === 'delivered' && lines[0]?.sku === sku);
    const units = shipped.reduce((total, { lines }) => total + (lines[0]?.quantity ?? 0), 0);
    const { body } = await stack.call('GET', `/v1/inventory/${sku}`);
    const { levels } = body as { levels: { onHand: number; reserved: number }[] };
    expect(levels.reduce((total, level) => total + level.onHand, 0)).toBe(onHand - units);
    expect(levels.every(({ reserved }) => reserved === 0)).toBe(true);
    expect(onHand - units).toBeLessThanOrEqual(1);
  }
  const outcomes = new Set(orders.map(({ status, reason }) => `${status} ${reason}`));
  expect([...outcomes].sort()).toEqual(['delivered null', 'rejected out_of_stock']);
}, 240_000);

test('stopped with Ctrl-C it ends cleanly, and after the next start every order is still there', async () => {
  const before = (await stack.call('GET', '/v1/orders?limit=5')).body as { items: OrderResource[] };
  expect(await stack.stop()).toBe(0);
  await stack.start();
  const after = (await stack.call('GET', '/v1/orders?limit=5')).body as { items: OrderResource[] };
  expect(after.items.map(({ id }) => id)).toEqual(before.items.map(({ id }) => id));
  const { id } = await stack.place();
  expect((await stack.atRest(id)).status).toBe('delivered');
}, 180_000);

test('the books balance after all of it', async () => {
  const { violations } = await verifyBooks(stack.databaseUrl());
  expect(violations).toEqual([]);
});

test('bad input over the whole stack is a problem that names the field', async () => {
  const body = { ...orderBody(), lines: [] };
  const answer = await stack.call('POST', '/v1/orders', { body });
  expect(answer).toMatchObject({ status: 400, body: { errors: [{ field: 'lines' }] } });
});

/** Runs `count` tasks, at most `limit` at once. */
async function atConcurrency<T>(limit: number, count: number, task: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const runner = async () => {
    while (next < count) {
      const index = next;
      next += 1;
      results[index] = await task(index);
    }
  };
  await Promise.all(Array.from({ length: limit }, runner));
  return results;
}
