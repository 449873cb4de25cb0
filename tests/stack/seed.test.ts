import { seed } from '../../prisma/seed';
import { createTestDatabase, type TestDatabase } from '../support/database';

let db: TestDatabase;

beforeEach(async () => {
  db = await createTestDatabase();
});

afterEach(() => db.drop());

test('fills an empty catalogue once, also where several do so at once', async () => {
  const added = await Promise.all([seed(db.database), seed(db.database)]);
  expect(added.sort((a, b) => a - b)).toEqual([0, await db.database.product.count()]);
  expect(await seed(db.database)).toBe(0);
});

test('leaves a catalogue that has a product as it is', async () => {
  const data = { sku: 'OWN-1', name: 'Own', category: 'own', unitPrice: 1, currency: 'EUR', weightGrams: 1 };
  await db.database.product.create({ data });
  expect(await seed(db.database)).toBe(0);
  expect(await db.database.stockLevel.count()).toBe(0);
});

test('has plenty of each product over two warehouses, but five of one and none of another', async () => {
  await seed(db.database);
  const products = await db.database.product.findMany();
  expect(products.length).toBeGreaterThanOrEqual(12);
  expect(new Set(products.map(({ category }) => category)).size).toBe(3);
  expect(products.find(({ sku }) => sku === 'MUG-001')).toMatchObject({ unitPrice: 1290n, currency: 'EUR' });
  const levels = await db.database.stockLevel.groupBy({ by: ['sku'], _sum: { onHand: true }, _count: true });
  expect(levels.map(({ _count }) => _count)).toEqual(products.map(() => 2));
  const units = levels.map(({ _sum }) => _sum.onHand ?? 0).sort((a, b) => a - b);
  expect(units.slice(0, 2)).toEqual([0, 5]);
  expect(units[2]).toBeGreaterThanOrEqual(500);
});

test('books every shelf, so that its movements add up to what is on it', async () => {
  await seed(db.database);
  const levels = await db.database.stockLevel.findMany({ orderBy: [{ sku: 'asc' }, { warehouse: 'asc' }] });
  const movements = await db.database.stockMovement.groupBy({
    by: ['sku', 'warehouse'],
    _sum: { change: true },
    orderBy: [{ sku: 'asc' }, { warehouse: 'asc' }],
  });
  expect(movements.map(({ _sum, ...shelf }) => ({ ...shelf, onHand: _sum.change, reserved: 0 }))).toEqual(levels);
});
