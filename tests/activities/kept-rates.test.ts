import { dropUnits, readLines } from '../../activities/stock/dropped-units';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { givenOrder } from '../support/given';

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

test('what is left of an order is priced by the rates it was placed at, and not by those of today', async () => {
  const { orderId } = await givenOrder(db.database, { lines: [{ sku: 'MUG-001', quantity: 3 }] });
  const kept = { shippingFlat: 700, shippingFreeFrom: null, taxBasisPoints: 1000 };
  await db.database.order.update({ where: { id: orderId }, data: kept });
  await db.database.sql.transaction(async (tx) => {
    await dropUnits(tx, orderId, await readLines(tx, orderId), [{ sku: 'MUG-001', quantity: 1 }]);
  });
  const order = await db.database.order.findUniqueOrThrow({ where: { id: orderId } });
  expect(order).toMatchObject({ items: 2580n, shipping: 700n, tax: 328n, grand: 3608n });
});
