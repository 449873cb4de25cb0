import type { ApplicationFailure } from '@temporalio/common';
import { createActivities, type FulfilmentActivities } from '../../activities';
import { recordScan } from '../../activities/shipping/record-scan';
import { writeEntry } from '../../activities/ledger/entry';
import { createSandboxParties } from '../../adapters/sandbox';
import { verifyBooks } from '../../books/verify';
import { runActivity } from '../support/activity';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { givenOrder, givenStock } from '../support/given';
import { goodsOf, limits, shelvesOf, stopOf, undoAll } from './books';

let db: TestDatabase;
let activities: FulfilmentActivities;

beforeAll(async () => {
  db = await createTestDatabase();
  activities = createActivities({ database: db.database, parties: createSandboxParties(db.database) });
});
afterAll(() => db.drop());

const LEG = 1;
/** 12.90 EUR a unit and 19 % tax; shipping is free for the five that are ordered. */
const WHOLE = { amount: 7676, currency: 'EUR' };
const WITHOUT_HAM = { amount: 3070, currency: 'EUR' };
const DROPPED = (sku: string) => [{ sku, quantity: 3 }];

let orders = 0;

/** An order that is authorised, with two units of a sku of its own in a parcel in BER and three in one in HAM. */
async function givenSplit() {
  const sku = `SPLIT-${(orders += 1)}`;
  await givenStock(db.database, { [sku]: { BER: 2, HAM: 3 } });
  const { orderId } = await givenOrder(db.database, { lines: [{ sku, quantity: 5 }], fulfilment: 'ship_available' });
  const step = { orderId, limits };
  await runActivity(activities.validateOrder, [{ ...step, reviewMs: 1000 }]);
  await runActivity(activities.reserveStock, [{ ...step, leg: LEG, shortfall: 'drop' as const }]);
  await runActivity(activities.authorisePayment, [{ ...step, grant: 1 }]);
  const parcel = (warehouse: string) => ({ ...step, leg: LEG, parcel: warehouse });
  return { orderId, sku, step, ber: parcel('BER'), ham: parcel('HAM') };
}

type Split = Awaited<ReturnType<typeof givenSplit>>;

const pack = (parcel: Split['ber']) => runActivity(activities.packParcel, [parcel]);
const book = (parcel: Split['ber']) =>
  runActivity(activities.bookCarrier, [{ ...parcel, carrierAttempts: 1 }], { isLocal: true });
const putBack = (parcel: Split['ber']) => runActivity(activities.returnToShelf, [parcel]);
const drop = (parcel: Split['ber']) => runActivity(activities.dropParcel, [parcel]);

const capture = ({ step }: Split) => runActivity(activities.capturePayment, [{ ...step, grant: 1 }]);

const captured = async (orderId: string) =>
  Number((await db.database.payment.findUniqueOrThrow({ where: { orderId } })).captured);

async function deliver({ step, orderId }: Split): Promise<void> {
  await runActivity(activities.handOver, [{ ...step, leg: LEG }]);
  const shipmentId = `${orderId.replace('ord_', 'shp_')}_BER`;
  await recordScan(db.database, { orderId, shipmentId, status: 'delivered' });
}

/** What became of the parcel in HAM before it is dropped. */
const fates: [string, (split: Split) => Promise<void>][] = [
  ['the warehouse could not pack', ({ ham }) => putBack(ham)],
  ['no carrier took', async ({ ham }) => pack(ham).then(() => putBack(ham))],
];

describe.each(fates)('a parcel that %s', (_, fate) => {
  test('leaves its order, which is priced anew, charged for the rest and delivered', async () => {
    const split = await givenSplit();
    const { orderId, sku, ber, ham } = split;
    await pack(ber);
    await book(ber);
    await fate(split);
    expect(await drop(ham)).toEqual({ dropped: DROPPED(sku), grand: WITHOUT_HAM });
    const books = await goodsOf(db.database, orderId);
    expect(books).toMatchObject({ status: 'packed', totals: [2580, 0, 490, 3070], dropped: { [sku]: 3 } });
    expect(books.notes.at(-1)).toBe(`dropped and not charged: 3 × ${sku}`);
    expect(books.messages).toContainEqual({
      key: 'order-changed/drop/HAM/email',
      template: 'order-changed',
      data: { dropped: DROPPED(sku), grand: WITHOUT_HAM },
    });
    expect(books.topics.filter((topic) => /changed|packed$/.test(topic))).toEqual(
      expect.arrayContaining(['orders.changed', 'orders.packed']),
    );
    expect(books.topics.filter((topic) => topic === 'orders.packed')).toHaveLength(1);
    expect(await shelvesOf(db.database, sku)).toEqual({ BER: '0 of 0', HAM: '0 of 3' });

    await capture(split);
    expect(await captured(orderId)).toBe(WITHOUT_HAM.amount);
    await deliver(split);
    expect(await goodsOf(db.database, orderId)).toMatchObject({ status: 'delivered' });
  });

  test('is dropped once, however often that is tried', async () => {
    const split = await givenSplit();
    await fate(split);
    const first = await drop(split.ham);
    const tries = await Promise.all(Array.from({ length: 5 }, () => drop(split.ham)));
    expect(tries).toEqual(tries.map(() => first));
    expect(await goodsOf(db.database, split.orderId)).toMatchObject({ dropped: { [split.sku]: 3 } });
    expect(await shelvesOf(db.database, split.sku)).toEqual({ BER: '2 of 2', HAM: '0 of 3' });
  });
});

test('a parcel is dropped once, however many try at the same time', async () => {
  const { orderId, sku, ham } = await givenSplit();
  const tries = await Promise.all(Array.from({ length: 5 }, () => drop(ham)));
  expect(tries).toEqual(tries.map(() => ({ dropped: DROPPED(sku), grand: WITHOUT_HAM })));
  expect((await goodsOf(db.database, orderId)).dropped).toEqual({ [sku]: 3 });
});

test('an order is not packed before the parcels that are left are', async () => {
  const { orderId, ber, ham } = await givenSplit();
  await drop(ham);
  expect(await goodsOf(db.database, orderId)).toMatchObject({ status: 'authorised' });
  await pack(ber);
  expect(await goodsOf(db.database, orderId)).toMatchObject({ status: 'packed' });
});

test('a parcel that cannot be handed over leaves a captured order, and what was captured stays', async () => {
  const split = await givenSplit();
  const { orderId, sku, ber, ham } = split;
  for (const parcel of [ber, ham]) await pack(parcel).then(() => book(parcel));
  await capture(split);
  await writeEntry(db.database.sql, orderId, { step: 'hand-over', status: 'needs_attention' });
  await runActivity(activities.cancelBooking, [ham]);
  await putBack(ham);
  expect(await drop(ham)).toEqual({ dropped: DROPPED(sku), grand: WITHOUT_HAM });
  expect(await goodsOf(db.database, orderId)).toMatchObject({ status: 'needs_attention', dropped: { [sku]: 3 } });
  expect(await captured(orderId)).toBe(WHOLE.amount);
  expect(await shelvesOf(db.database, sku)).toEqual({ BER: '0 of 0', HAM: '0 of 3' });
});

test('an order of which everything was dropped costs nothing', async () => {
  const { orderId, ber, ham } = await givenSplit();
  await drop(ham);
  expect(await drop(ber)).toMatchObject({ grand: { amount: 0, currency: 'EUR' } });
  expect(await goodsOf(db.database, orderId)).toMatchObject({ status: 'authorised', totals: [0, 0, 0, 0] });
});

test('a repeat tells what the order costs now, without what was dropped since', async () => {
  const { sku, ber, ham } = await givenSplit();
  await drop(ham);
  const { grand } = await drop(ber);
  expect(await drop(ham)).toEqual({ dropped: DROPPED(sku), grand });
});

test('a parcel that is off its shelf is not dropped', async () => {
  const { orderId, sku, ham } = await givenSplit();
  await pack(ham);
  await expect(drop(ham)).rejects.toThrow('the parcel of leg 1 in HAM is not on its shelf');
  expect(await goodsOf(db.database, orderId)).toMatchObject({ dropped: { [sku]: 0 } });
  await putBack(ham);
  await expect(drop(ham)).resolves.toMatchObject({ dropped: DROPPED(sku) });
});

test.each([
  ['the order', { fenced: true }],
  ['its leg', { fencedLeg: LEG }],
])('a parcel is not dropped behind the fence of %s', async (_, data) => {
  const { orderId, sku, ham } = await givenSplit();
  await db.database.order.update({ where: { id: orderId }, data });
  const refusal = await drop(ham).catch((error: unknown) => error);
  expect((refusal as ApplicationFailure).type).toBe('StepFenced');
  expect(await goodsOf(db.database, orderId)).toMatchObject({ dropped: { [sku]: 0 } });
});

test('what an undone order dropped stays dropped, and its release frees what is left', async () => {
  const { orderId, sku, ham } = await givenSplit();
  await drop(ham);
  const stop = stopOf(activities);
  await undoAll(activities, orderId, await stop(orderId, { reason: 'cancelled_by_customer' }));
  await stop(orderId);
  expect(await goodsOf(db.database, orderId)).toMatchObject({ status: 'cancelled', dropped: { [sku]: 3 } });
  expect(await shelvesOf(db.database, sku)).toEqual({ BER: '0 of 2', HAM: '0 of 3' });
});

test('the books balance after all of it', async () => {
  expect((await verifyBooks(db.url)).violations).toEqual([]);
});
