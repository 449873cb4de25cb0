import { Client } from 'pg';
import { checkBooks, checks } from '../../books/verify';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { deliveredOrder, effect, ledgerRow, refundedOrder, rejectedOrder, returnedOrder, stock } from './order-script';
import { onItsWay, sabotages } from './sabotages';

const DELIVERED = 'ord_00000000000000000000000001';
const REJECTED = 'ord_00000000000000000000000002';
const REFUNDED = 'ord_00000000000000000000000003';
const RETURNED = 'ord_00000000000000000000000004';
const IN_FLIGHT = 'ord_00000000000000000000000005';

let db: TestDatabase;
let client: Client;

beforeAll(async () => {
  db = await createTestDatabase();
  client = new Client({ connectionString: db.url });
  await client.connect();
  await client.query(stock);
  const stages = [
    ...deliveredOrder(DELIVERED),
    ...rejectedOrder(REJECTED),
    ...refundedOrder(REFUNDED),
    ...returnedOrder(RETURNED),
  ];
  for (const { sql } of stages) await client.query(sql);
});
afterAll(async () => {
  await client.end();
  await db.drop();
});

beforeEach(() => client.query('BEGIN'));
afterEach(() => client.query('ROLLBACK'));

test('a delivered, a rejected, a refunded and a returned order that are in order break no rule', async () => {
  expect(await checkBooks(client)).toEqual({
    violations: [],
    writeOffs: [],
    reservedForNobody: [],
    orders: 4,
    steps: 27,
    units: 100,
  });
});

describe.each([
  ['delivered', deliveredOrder(IN_FLIGHT)],
  ['rejected', rejectedOrder(IN_FLIGHT)],
  ['refunded', refundedOrder(IN_FLIGHT)],
  ['returned', returnedOrder(IN_FLIGHT)],
])('an order on its way to be %s', (_, stages) => {
  test.each(stages.map(({ name }, index) => [name, index] as const))('breaks no rule when %s', async (__, index) => {
    for (const { sql } of stages.slice(0, index + 1)) await client.query(sql);
    expect((await checkBooks(client)).violations).toEqual([]);
  });
});

const table = sabotages({ delivered: DELIVERED, rejected: REJECTED, refunded: REFUNDED, returned: RETURNED });

test.each(table)('$rules reports $title', async ({ sql, rules }) => {
  await client.query('SET LOCAL session_replication_role = replica');
  await client.query(sql);
  const { violations } = await checkBooks(client);
  expect([...new Set(violations.map(({ check }) => check))].sort()).toEqual([...rules].sort());
});

test('every rule is broken by a sabotage', () => {
  expect([...new Set(table.flatMap(({ rules }) => rules))].sort()).toEqual(checks.map(({ name }) => name).sort());
});

test('a violation names the order, what was expected and what was found', async () => {
  await client.query(`UPDATE payments.payment SET authorised = 5 WHERE order_id = '${REJECTED}'`);
  const { violations } = await checkBooks(client);
  expect(violations).toMatchObject([{ check: 'authorised', subject: REJECTED, expected: '0', found: '5' }]);
});

test('an undo that an order on its way owes since less than a minute breaks no rule', async () => {
  await client.query(`
    SET LOCAL session_replication_role = replica;
    ${ledgerRow(DELIVERED, { kind: 'authorise-payment', grant: 2 }, 'undoing', 'undoing_at')}
    UPDATE orders.saga_step SET late = true WHERE order_id = '${DELIVERED}' AND state = 'undoing';
    ${onItsWay(DELIVERED)}`);
  expect((await checkBooks(client)).violations).toEqual([]);
});

test('an effect that a step of the ledger owns breaks no rule, though the step was never applied', async () => {
  await client.query(`
    ${ledgerRow(DELIVERED, { kind: 'authorise-payment', grant: 2 }, 'undone', 'undoing_at')}
    ${effect(DELIVERED, 'payment', 'authorise-payment#2', 'authorise', { amount: 5, currency: 'EUR' })}
    ${effect(DELIVERED, 'payment', 'authorise-payment#2', 'void', {})}`);
  expect((await checkBooks(client)).violations).toEqual([]);
});

test('a step that a person wrote off is listed and breaks no rule', async () => {
  await client.query(`
    UPDATE orders.saga_step SET state = 'skipped' WHERE order_id = '${REJECTED}' AND step = 'authorise-payment';
    UPDATE payments.payment SET authorised = 2963 WHERE order_id = '${REJECTED}';
    DELETE FROM sandbox.effect WHERE order_id = '${REJECTED}' AND operation = 'void'`);
  expect(await checkBooks(client)).toMatchObject({ violations: [], writeOffs: [`${REJECTED} authorise-payment`] });
});

test('what a write-off left reserved is listed and breaks no rule', async () => {
  await client.query(`
    UPDATE orders.saga_step SET state = 'skipped' WHERE order_id = '${REJECTED}' AND step = 'reserve-stock';
    UPDATE inventory.reservation SET held = 2 WHERE order_id = '${REJECTED}';
    UPDATE inventory.stock_level SET reserved = reserved + 2 WHERE sku = 'MUG-001' AND warehouse = 'BER'`);
  expect(await checkBooks(client)).toMatchObject({
    violations: [],
    writeOffs: [`${REJECTED} reserve-stock`],
    reservedForNobody: [{ orderId: REJECTED, sku: 'MUG-001', warehouse: 'BER', units: 2 }],
  });
});

test('a refund that a person wrote off is listed and breaks no rule', async () => {
  await client.query(`
    SET LOCAL session_replication_role = replica;
    UPDATE orders.saga_step SET state = 'skipped' WHERE order_id = '${REFUNDED}' AND kind = 'refund';
    UPDATE payments.refund SET refunded_at = NULL WHERE order_id = '${REFUNDED}';
    UPDATE payments.payment SET refunded = 0 WHERE order_id = '${REFUNDED}';
    DELETE FROM sandbox.effect WHERE order_id = '${REFUNDED}' AND operation = 'refund'`);
  expect(await checkBooks(client)).toMatchObject({
    violations: [],
    writeOffs: [`${REFUNDED} refund/not-shipped/rest`],
  });
});
