import { ApplicationFailure } from '@temporalio/common';
import { createBackorderActivities } from '../../activities/order/await-stock';
import { writeEntry } from '../../activities/ledger/entry';
import { verifyBooks } from '../../books/verify';
import type { OrderStatus } from '../../domain/order-status';
import { runActivity } from '../support/activity';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { givenStock, type GivenOrder } from '../support/given';
import { givenOrderAt, goodsOf, reserverOf, shelvesOf } from './books';
import { sweepsOver } from './swept';

let db: TestDatabase;
let reserve: ReturnType<typeof reserverOf>;
let awaitStock: (orderId: string) => Promise<{ remainingMs: number }>;

beforeAll(async () => {
  db = await createTestDatabase();
  reserve = reserverOf(db.database);
  const activities = createBackorderActivities({ database: db.database });
  awaitStock = (orderId) => runActivity(activities.awaitStock, [{ orderId }]);
});
afterAll(() => db.drop());

const HOUR_MS = 3600 * 1000;
const inHours = (hours: number) => new Date(Date.now() + hours * HOUR_MS);

const want = (quantities: Record<string, number>, over: GivenOrder = {}): GivenOrder => ({
  lines: Object.entries(quantities).map(([sku, quantity]) => ({ sku, quantity })),
  backorderUntil: inHours(1),
  ...over,
});

const waiting = (quantities: Record<string, number>, over?: GivenOrder) =>
  givenOrderAt(db.database, want(quantities, over), 'validated', 'awaiting_stock');

const arriving = (quantities: Record<string, number>) => givenOrderAt(db.database, want(quantities), 'validated');

const outcome = async (reservation: Promise<{ dropped: object[] }>) => {
  try {
    return (await reservation).dropped.length > 0 ? 'reserved in part' : 'reserved';
  } catch (error) {
    return error instanceof ApplicationFailure ? (error.details?.[0] as { reason: string }).reason : error;
  }
};

describe('an order that waits for stock', () => {
  test('is told to its customer once, with its deadline, which tells how long it may wait', async () => {
    const until = inHours(2);
    const orderId = await givenOrderAt(db.database, want({ 'WAIT-1': 1 }, { backorderUntil: until }), 'validated');
    const { remainingMs } = await awaitStock(orderId);
    expect(remainingMs).toBeGreaterThan(HOUR_MS);
    expect(remainingMs).toBeLessThanOrEqual(2 * HOUR_MS);
    const data = { backorderUntil: until.toISOString() };
    const told = {
      status: 'awaiting_stock',
      messages: [{ key: 'order-backordered/email', template: 'order-backordered', data }],
      topics: ['orders.backordered'],
    };
    expect(await goodsOf(db.database, orderId)).toMatchObject(told);
    expect((await awaitStock(orderId)).remainingMs).toBeLessThanOrEqual(remainingMs);
    expect(await goodsOf(db.database, orderId)).toMatchObject(told);
    const notes = await db.database.timelineEntry.findMany({ where: { orderId, status: 'awaiting_stock' } });
    expect(notes).toMatchObject([{ note: `waits for stock until ${data.backorderUntil}` }]);
  });

  test('has no time left once its deadline has passed', async () => {
    const orderId = await waiting({ 'WAIT-1': 1 }, { backorderUntil: inHours(-1) });
    expect(await awaitStock(orderId)).toEqual({ remainingMs: 0 });
  });

  test('is told a wait that a timer can count, however far its deadline is off', async () => {
    const orderId = await waiting({ 'WAIT-1': 1 }, { backorderUntil: new Date('9999-12-01') });
    expect(await awaitStock(orderId)).toEqual({ remainingMs: 100 * 365 * 24 * HOUR_MS });
  });

  test.each<[string, OrderStatus[], boolean]>([
    ['has its stock already', ['validated', 'reserved'], false],
    ['is being undone', ['validated', 'compensating'], true],
    ['is about to be undone', ['validated'], true],
  ])('does not wait where it %s', async (_, way, fenced) => {
    const orderId = await givenOrderAt(db.database, want({ 'WAIT-1': 1 }), ...way);
    await db.database.order.update({ where: { id: orderId }, data: { fenced } });
    expect(await awaitStock(orderId)).toEqual({ remainingMs: 0 });
    expect(await goodsOf(db.database, orderId)).toMatchObject({ status: way.at(-1), messages: [] });
  });

  test('reserves where all of it has come', async () => {
    await givenStock(db.database, { 'COME-1': { BER: 2 } });
    const orderId = await waiting({ 'COME-1': 2 });
    expect(await outcome(reserve(orderId, 'refuse'))).toBe('reserved');
    expect(await goodsOf(db.database, orderId)).toMatchObject({ status: 'reserved' });
  });

  test('ships at its deadline what has come, where it may', async () => {
    await givenStock(db.database, { 'COME-2': { BER: 2 } });
    const orderId = await waiting({ 'COME-2': 3 });
    expect(await outcome(reserve(orderId, 'refuse'))).toBe('out_of_stock');
    expect(await outcome(reserve(orderId, 'drop'))).toBe('reserved in part');
    expect(await goodsOf(db.database, orderId)).toMatchObject({ status: 'reserved', dropped: { 'COME-2': 1 } });
  });
});

describe('a new order', () => {
  test('leaves to an older one what that waits for, and takes the rest', async () => {
    await givenStock(db.database, { 'LEFT-1': { BER: 2, HAM: 2 } });
    const older = await waiting({ 'LEFT-1': 3 });
    expect(await outcome(reserve(await arriving({ 'LEFT-1': 2 }), 'refuse'))).toBe('out_of_stock');
    const inPart = await arriving({ 'LEFT-1': 2 });
    expect(await reserve(inPart, 'drop')).toMatchObject({ dropped: [{ sku: 'LEFT-1', quantity: 1 }] });
    expect(await outcome(reserve(older, 'refuse'))).toBe('reserved');
    expect(await shelvesOf(db.database, 'LEFT-1')).toEqual({ BER: '2 of 2', HAM: '2 of 2' });
  });

  test.each<[string, (sku: string) => Record<string, number>, GivenOrder]>([
    ['cannot have all of it yet', (sku) => ({ [sku]: 3 }), {}],
    ['lacks another sku', (sku) => ({ [sku]: 1, 'NONE-1': 1 }), {}],
    ['is past its deadline', (sku) => ({ [sku]: 1 }), { backorderUntil: inHours(-1) }],
  ])('takes what an older one waits for that %s', async (why, wanted, over) => {
    const sku = `FREE-${why.length}`;
    await givenStock(db.database, { [sku]: { BER: 2 } });
    await waiting(wanted(sku), over);
    expect(await outcome(reserve(await arriving({ [sku]: 2 }), 'refuse'))).toBe('reserved');
  });

  test('takes what is left when those of the older ones who can be had together have theirs', async () => {
    await givenStock(db.database, { 'BOTH-1': { BER: 3 } });
    const first = await waiting({ 'BOTH-1': 2 });
    await waiting({ 'BOTH-1': 2 });
    expect(await outcome(reserve(await arriving({ 'BOTH-1': 1 }), 'refuse'))).toBe('reserved');
    expect(await outcome(reserve(first, 'refuse'))).toBe('reserved');
  });

  test('takes what an older one waited for that waits no more', async () => {
    await givenStock(db.database, { 'GONE-1': { BER: 1 } });
    const older = await waiting({ 'GONE-1': 1 });
    const newer = await arriving({ 'GONE-1': 1 });
    expect(await outcome(reserve(newer, 'refuse'))).toBe('out_of_stock');
    await writeEntry(db.database.sql, older, { step: null, status: 'compensating' });
    expect(await outcome(reserve(newer, 'refuse'))).toBe('reserved');
  });

  test('does not wait for a younger one', async () => {
    await givenStock(db.database, { 'YOUNG-1': { BER: 1 } });
    await waiting({ 'YOUNG-1': 2 });
    const older = await arriving({ 'YOUNG-1': 1 });
    await waiting({ 'YOUNG-1': 1 });
    expect(await outcome(reserve(older, 'refuse'))).toBe('reserved');
  });
});

test('when stock arrives for all who wait, each of them gets theirs, however many newer orders come at once', async () => {
  await givenStock(db.database, { 'RACE-1': { BER: 4, HAM: 3 } });
  const older = [await waiting({ 'RACE-1': 1 }), await waiting({ 'RACE-1': 3 }), await waiting({ 'RACE-1': 2 })];
  const newer = await Promise.all(Array.from({ length: 8 }, () => arriving({ 'RACE-1': 1 })));
  const outcomes = (orders: string[]) => Promise.all(orders.map((orderId) => outcome(reserve(orderId, 'refuse'))));
  const [ofNewer, ofOlder] = await Promise.all([outcomes(newer), outcomes(older)]);
  expect(ofOlder).toEqual(['reserved', 'reserved', 'reserved']);
  expect(ofNewer.filter((each) => each === 'reserved')).toHaveLength(1);
  expect(await shelvesOf(db.database, 'RACE-1')).toEqual({ BER: '4 of 4', HAM: '3 of 3' });
});

describe('the sweep', () => {
  const sweepTo = (wake: (orderId: string) => Promise<void>) => {
    const { sweeps } = sweepsOver(db.database, {
      tellBooksMoved: (workflowId) => wake(workflowId.replace('order-', '')),
    });
    return runActivity(sweeps.wakeBackordered, []);
  };

  beforeEach(async () => {
    const left = await db.database.order.findMany({ where: { status: 'awaiting_stock' } });
    for (const { id } of left) await writeEntry(db.database.sql, id, { step: null, status: 'compensating' });
  });

  test('wakes those who can have what was released, oldest first, and not at every turn', async () => {
    await givenStock(db.database, { 'SWEEP-1': { BER: 3 } });
    const [first, , third] = [
      await waiting({ 'SWEEP-1': 2 }),
      await waiting({ 'SWEEP-1': 2 }),
      await waiting({ 'SWEEP-1': 1 }),
    ];
    const woken: string[] = [];
    const wake = async (orderId: string) => void woken.push(orderId);
    expect(await sweepTo(wake)).toBe(2);
    expect(woken).toEqual([first, third]);
    await db.database.order.updateMany({ where: { id: { in: woken } }, data: { wakes: 20 } });
    expect(await sweepTo(wake)).toBe(0);
  });

  test('goes on where one cannot be told, which it wakes the next time', async () => {
    await givenStock(db.database, { 'SWEEP-2': { BER: 2 } });
    const [first, second] = [await waiting({ 'SWEEP-2': 1 }), await waiting({ 'SWEEP-2': 1 })];
    const woken: string[] = [];
    await sweepTo(async (orderId) => {
      if (orderId === first) throw new Error('14 UNAVAILABLE');
      woken.push(orderId);
    });
    expect(woken).toEqual([second]);
    await sweepTo(async (orderId) => void woken.push(orderId));
    expect(woken).toEqual([second, first]);
  });
});

test('the books balance after all of it', async () => {
  expect((await verifyBooks(db.url)).violations).toEqual([]);
});
