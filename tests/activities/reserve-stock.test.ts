import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import { verifyBooks } from '../../books/verify';
import { price } from '../../domain/pricing';
import { euroRates } from '../support/rates';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { givenStock, type GivenOrder } from '../support/given';
import { givenOrderAt, goodsOf, reserverOf, shelvesOf } from './books';

let db: TestDatabase;
let reserve: ReturnType<typeof reserverOf>;

beforeAll(async () => {
  db = await createTestDatabase();
  reserve = reserverOf(db.database);
});
afterAll(() => db.drop());

const want = (quantities: Record<string, number>): GivenOrder => ({
  lines: Object.entries(quantities).map(([sku, quantity]) => ({ sku, quantity })),
});

/** The totals of an order of so many units at 12.90 EUR each, of which some are dropped. */
const totals = (quantity: number, droppedQuantity: number) => {
  const unitPrice = { amount: 1290, currency: 'EUR' };
  const { items, shipping, tax, grand } = price([{ quantity, droppedQuantity, unitPrice }], 'EUR', euroRates());
  return [items, shipping, tax, grand].map(({ amount }) => amount);
};

const reasonOf = (error: unknown) =>
  error instanceof ApplicationFailure ? [error.type, (error.details?.[0] as { reason: string }).reason] : error;

describe('an order whose goods are all there', () => {
  test.each(['refuse', 'drop'] as const)(
    'reserves all of it, at the price it had, where it would %s',
    async (shortfall) => {
      const sku = `ALL-${shortfall.toUpperCase()}`;
      await givenStock(db.database, { [sku]: { BER: 5, HAM: 1 } });
      const orderId = await givenOrderAt(db.database, want({ [sku]: 2 }), 'validated');
      const [, , , amount] = totals(2, 0);
      expect(await reserve(orderId, shortfall)).toEqual({
        parcels: [
          {
            parcel: 'BER',
            warehouse: 'BER',
            shipmentId: `${orderId.replace('ord_', 'shp_')}_BER`,
            lines: [{ sku, quantity: 2 }],
          },
        ],
        dropped: [],
        grand: { amount, currency: 'EUR' },
      });
      expect(await goodsOf(db.database, orderId)).toMatchObject({
        status: 'reserved',
        totals: totals(2, 0),
        dropped: { [sku]: 0 },
        messages: [],
        topics: ['orders.reserved', 'inventory.reserved'],
      });
      expect(await shelvesOf(db.database, sku)).toEqual({ BER: '2 of 5', HAM: '0 of 1' });
    },
  );
});

describe('an order whose goods are there in part', () => {
  beforeAll(() => givenStock(db.database, { 'PART-A': { BER: 2, HAM: 3 }, 'PART-B': { HAM: 4 }, 'PART-C': {} }));

  test('is refused whole, and takes nothing', async () => {
    const orderId = await givenOrderAt(db.database, want({ 'PART-A': 6 }), 'validated');
    const refusal = await reserve(orderId, 'refuse').catch((error: unknown) => error);
    expect(reasonOf(refusal)).toEqual(['Refused', 'out_of_stock']);
    expect((refusal as Error).message).toBe('out of stock: 6 × PART-A wanted, 5 available');
    expect(await goodsOf(db.database, orderId)).toMatchObject({ status: 'validated', dropped: { 'PART-A': 0 } });
    expect(await shelvesOf(db.database, 'PART-A')).toEqual({ BER: '0 of 2', HAM: '0 of 3' });
  });

  test('takes what is there in as few parcels as can be, and drops, prices anew and tells the rest', async () => {
    const orderId = await givenOrderAt(db.database, want({ 'PART-A': 3, 'PART-B': 6, 'PART-C': 1 }), 'validated');
    const reservation = await reserve(orderId, 'drop');
    const dropped = [
      { sku: 'PART-B', quantity: 2 },
      { sku: 'PART-C', quantity: 1 },
    ];
    const expected = totals(10, 3);
    const grand = { amount: expected[3], currency: 'EUR' };
    expect(reservation).toMatchObject({
      parcels: [
        {
          warehouse: 'HAM',
          lines: [
            { sku: 'PART-A', quantity: 3 },
            { sku: 'PART-B', quantity: 4 },
          ],
        },
      ],
      dropped,
      grand,
    });
    expect(await goodsOf(db.database, orderId)).toEqual({
      status: 'reserved',
      totals: expected,
      dropped: { 'PART-A': 0, 'PART-B': 2, 'PART-C': 1 },
      notes: ['dropped and not charged: 2 × PART-B, 1 × PART-C'],
      messages: [{ key: 'order-changed/reserve-stock/email', template: 'order-changed', data: { dropped, grand } }],
      topics: ['orders.changed', 'orders.reserved', 'inventory.reserved'],
    });
    expect(await reserve(orderId, 'drop')).toEqual(reservation);
    expect(await reserve(orderId, 'refuse')).toEqual(reservation);
    expect((await goodsOf(db.database, orderId)).dropped).toEqual({ 'PART-A': 0, 'PART-B': 2, 'PART-C': 1 });
  });

  test('is refused where nothing of it is there', async () => {
    const orderId = await givenOrderAt(db.database, want({ 'PART-C': 2, 'PART-D': 1 }), 'validated');
    expect(reasonOf(await reserve(orderId, 'drop').catch((error: unknown) => error))).toEqual([
      'Refused',
      'out_of_stock',
    ]);
    expect(await goodsOf(db.database, orderId)).toMatchObject({ status: 'validated', totals: totals(3, 0) });
  });
});

test('a later leg reserves anew what was not dropped, in parcels of its own, and is authorised still', async () => {
  await givenStock(db.database, { 'LEG-1': { BER: 3 } });
  const way = ['validated', 'reserved', 'authorised', 'pending_retry'] as const;
  const orderId = await givenOrderAt(db.database, want({ 'LEG-1': 5 }), ...way);
  await db.database.orderLine.updateMany({ where: { orderId }, data: { droppedQuantity: 1 } });
  await db.database.order.update({ where: { id: orderId }, data: { fencedLeg: 1 } });
  const reservation = await reserve(orderId, 'drop', 2);
  expect(reservation).toMatchObject({
    parcels: [{ shipmentId: `${orderId.replace('ord_', 'shp_')}_BER_2`, lines: [{ sku: 'LEG-1', quantity: 3 }] }],
    dropped: [{ sku: 'LEG-1', quantity: 1 }],
    grand: { amount: totals(5, 2)[3] },
  });
  expect(await goodsOf(db.database, orderId)).toMatchObject({
    status: 'authorised',
    dropped: { 'LEG-1': 2 },
    messages: [{ key: 'order-changed/reserve-stock#2/email' }],
  });
});

test.each(['refuse', 'drop'] as const)(
  'many orders at once over scarce stock, which they %s, take each unit at most once',
  async (shortfall) => {
    const [a, b] = [`SCARCE-A-${shortfall.toUpperCase()}`, `SCARCE-B-${shortfall.toUpperCase()}`];
    await givenStock(db.database, { [a]: { BER: 7, HAM: 6 }, [b]: { HAM: 9, BER: 2 } });
    const orders = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        givenOrderAt(db.database, want(index % 2 === 0 ? { [a]: 1, [b]: 2 } : { [b]: 1, [a]: 2 }), 'validated'),
      ),
    );
    const tried = await Promise.allSettled(orders.map((orderId) => reserve(orderId, shortfall)));
    const taken = tried
      .flatMap((result) => (result.status === 'fulfilled' ? result.value.parcels : []))
      .flatMap(({ lines }) => lines);
    const units = (sku: string) =>
      taken.filter((line) => line.sku === sku).reduce((total, { quantity }) => total + quantity, 0);
    const reserved = async (sku: string) =>
      (await db.database.stockLevel.findMany({ where: { sku } })).reduce((total, level) => total + level.reserved, 0);
    for (const sku of [a, b]) expect(await reserved(sku)).toBe(units(sku));
    if (shortfall === 'drop') expect([units(a), units(b)]).toEqual([13, 11]);
    const refusals = tried.flatMap((result) => (result.status === 'rejected' ? [reasonOf(result.reason)] : []));
    expect(refusals).toEqual(refusals.map(() => ['Refused', 'out_of_stock']));
    expect(refusals.length).toBeGreaterThan(0);
  },
);

test('a reservation that an earlier release stored is read as one of today', async () => {
  await givenStock(db.database, { 'OLD-1': { BER: 3 } });
  const orderId = await givenOrderAt(db.database, want({ 'OLD-1': 2 }), 'validated');
  const reservation = await reserve(orderId, 'refuse');
  await db.database.$executeRaw`
    UPDATE orders.saga_step SET result = result->'parcels' WHERE order_id = ${orderId} AND step = 'reserve-stock'`;
  const folder = path.join(__dirname, '../../prisma/migrations/20261121143000_back_orders');
  const [, reshaping] = readFileSync(path.join(folder, 'migration.sql'), 'utf8').split(/(?=UPDATE)/);
  await db.database.$executeRawUnsafe(reshaping ?? '');
  expect(await reserve(orderId, 'refuse')).toEqual(reservation);
});

test('the books balance after all of it', async () => {
  expect((await verifyBooks(db.url)).violations).toEqual([]);
});
