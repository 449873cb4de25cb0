import { recordScan, type ScanEffect } from '../../activities/shipping/record-scan';
import { receiveScan } from '../../activities/sweeps/sweeps';
import type { CarrierScan } from '../../contracts/workflow/order';
import type { OrderStatus, ParcelStatus } from '../../domain/order-status';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { givenStock } from '../support/given';
import { givenOrderAt } from './books';

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
  await givenStock(db.database, { 'MUG-001': { BER: 1 } });
});
afterAll(() => db.drop());

const UP_TO_PAID: OrderStatus[] = ['validated', 'reserved', 'authorised', 'packed', 'paid'];
const SHIPPED: OrderStatus[] = [...UP_TO_PAID, 'shipped'];

/** An order with a parcel in each of these statuses, by its warehouse. */
async function given(parcels: Record<string, ParcelStatus>, way = SHIPPED) {
  const orderId = await givenOrderAt(db.database, {}, ...way);
  const shipmentOf = (warehouse: string) => `${orderId.replace('ord_', 'shp_')}_${warehouse}`;
  await db.database.shipment.createMany({
    data: Object.entries(parcels).map(([warehouse, status]) => {
      return { id: shipmentOf(warehouse), orderId, leg: 1, warehouse, status };
    }),
  });
  const scanOf = (warehouse: string, status: CarrierScan['status']) => {
    return { orderId, shipmentId: shipmentOf(warehouse), status };
  };
  const scan = (warehouse: string, status: CarrierScan['status']) => recordScan(db.database, scanOf(warehouse, status));
  return { orderId, scan, scanOf };
}

async function booksOf(orderId: string) {
  const [order, shipments, timeline, messages, events] = await Promise.all([
    db.database.order.findUniqueOrThrow({ where: { id: orderId } }),
    db.database.shipment.findMany({ where: { orderId }, orderBy: { warehouse: 'asc' } }),
    db.database.timelineEntry.findMany({ where: { orderId, step: { startsWith: 'scan/' } }, orderBy: { id: 'asc' } }),
    db.database.message.findMany({ where: { orderId } }),
    db.database.outboxEvent.findMany({ where: { key: orderId } }),
  ]);
  return {
    status: order.status,
    parcels: Object.fromEntries(shipments.map(({ warehouse, status }) => [warehouse, status])),
    told: timeline.map(({ step, note, status }) => `${step}: ${note} (${status})`),
    messages: messages.map(({ template }) => template),
    topics: events.map(({ topic }) => topic),
  };
}

test.each<[CarrierScan['status'], ParcelStatus, ScanEffect]>([
  ['in_transit', 'handed_over', 'recorded'],
  ['in_transit', 'in_transit', 'known'],
  ['in_transit', 'delivered', 'known'],
  ['delivered', 'delivered', 'known'],
  ['delivered', 'returned_to_shelf', 'known'],
  ['delivered', 'lost', 'known'],
  ['delivered', 'handed_over', 'order_delivered'],
  ['delivered', 'in_transit', 'order_delivered'],
  ['in_transit', 'allocated', 'too_early'],
  ['in_transit', 'packed', 'too_early'],
  ['delivered', 'booked', 'too_early'],
])('a scan %s of a parcel that is %s is %s, and else changes nothing', async (status, parcel, effect) => {
  const { orderId, scan } = await given({ BER: parcel });
  const before = await booksOf(orderId);
  expect(await scan('BER', status)).toBe(effect);
  if (effect === 'known' || effect === 'too_early') expect(await booksOf(orderId)).toEqual(before);
});

test('a scan of a parcel that the order does not have is known', async () => {
  const [{ scanOf }, { orderId }] = [await given({ BER: 'handed_over' }), await given({ BER: 'handed_over' })];
  const ofAnother = { ...scanOf('BER', 'delivered'), orderId };
  expect(await recordScan(db.database, ofAnother)).toBe('known');
  expect(await booksOf(orderId)).toMatchObject({ status: 'shipped', told: [] });
});

test('a parcel on its way is told in the timeline, and the order goes on', async () => {
  const { orderId, scan } = await given({ BER: 'handed_over' });
  await scan('BER', 'in_transit');
  expect(await booksOf(orderId)).toEqual({
    status: 'shipped',
    parcels: { BER: 'in_transit' },
    told: ['scan/BER: parcel in transit (shipped)'],
    messages: [],
    topics: [],
  });
});

test('the last delivered parcel delivers the order, and no parcel before it', async () => {
  const { orderId, scan } = await given({ BER: 'in_transit', HAM: 'handed_over', MUC: 'returned_to_shelf' });
  expect(await scan('BER', 'delivered')).toBe('recorded');
  expect(await booksOf(orderId)).toMatchObject({ status: 'shipped', messages: [], topics: [] });
  expect(await scan('HAM', 'delivered')).toBe('order_delivered');
  expect(await booksOf(orderId)).toEqual({
    status: 'delivered',
    parcels: { BER: 'delivered', HAM: 'delivered', MUC: 'returned_to_shelf' },
    told: ['scan/BER: parcel delivered (shipped)', 'scan/HAM: parcel delivered (delivered)'],
    messages: ['order-delivered'],
    topics: ['orders.delivered'],
  });
  expect(await scan('HAM', 'delivered')).toBe('known');
});

test('the last scan is too early as long as our books do not know that the order is shipped', async () => {
  const { orderId, scan } = await given({ BER: 'handed_over' }, UP_TO_PAID);
  expect(await scan('BER', 'delivered')).toBe('too_early');
  expect(await booksOf(orderId)).toMatchObject({ status: 'paid', parcels: { BER: 'handed_over' }, told: [] });
});

test('last scans of two parcels that come at once deliver the order once', async () => {
  for (let round = 0; round < 5; round += 1) {
    const { orderId, scan } = await given({ BER: 'handed_over', HAM: 'handed_over' });
    const effects = await Promise.all([scan('BER', 'delivered'), scan('HAM', 'delivered')]);
    expect(effects.sort()).toEqual(['order_delivered', 'recorded']);
    const { status, messages, topics } = await booksOf(orderId);
    expect([status, messages, topics]).toEqual(['delivered', ['order-delivered'], ['orders.delivered']]);
  }
});

test('the same scan that comes often at once is recorded once', async () => {
  const { orderId, scan } = await given({ BER: 'handed_over' });
  const effects = await Promise.all(Array.from({ length: 8 }, () => scan('BER', 'in_transit')));
  expect(effects.filter((effect) => effect === 'recorded')).toHaveLength(1);
  expect((await booksOf(orderId)).told).toHaveLength(1);
});

describe('whoever receives a scan', () => {
  const told: string[] = [];
  const workflows = { tellBooksMoved: async (workflowId: string) => void told.push(workflowId) };
  beforeEach(() => told.splice(0));

  test("tells the order's workflow of its delivery alone", async () => {
    const { orderId, scanOf } = await given({ BER: 'handed_over', HAM: 'handed_over' });
    await receiveScan(db.database, workflows, scanOf('BER', 'in_transit'));
    await receiveScan(db.database, workflows, scanOf('HAM', 'delivered'));
    expect(told).toEqual([]);
    await receiveScan(db.database, workflows, scanOf('BER', 'delivered'));
    expect(told).toEqual([`order-${orderId}`]);
  });

  test('fails where it comes too early, so that it is received again', async () => {
    const { orderId, scanOf } = await given({ BER: 'booked' });
    await expect(receiveScan(db.database, workflows, scanOf('BER', 'delivered'))).rejects.toThrow(orderId);
    expect(told).toEqual([]);
  });
});
