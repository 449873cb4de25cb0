import { randomUUID } from 'node:crypto';
import { createSandboxParties, deliverDueScans, type DueScan } from '../../adapters/sandbox';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { eventually } from '../support/eventually';
import { callFor, racing, recipient } from './suites/calls';

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
});
beforeEach(() => db.database.sandboxScan.deleteMany());
afterAll(() => db.drop());

/** Hands a parcel over to a carrier whose scans are due as given, and returns the call that did it. */
async function handedOver({ inTransitAfterMs = 0, deliveredAfterMs = 0 } = {}) {
  const carrier = createSandboxParties(db.database, { inTransitAfterMs, deliveredAfterMs }).carriers[0]!;
  const call = callFor('book/BER');
  const shipmentId = `shp_${randomUUID()}`;
  await carrier.book({ ...call, shipmentId, warehouse: 'BER', recipient });
  const handOver = { ...callFor('hand-over/BER', call.order), bookingKey: call.key };
  await carrier.handOver(handOver);
  const scan = (status: DueScan['status']): DueScan => ({ orderId: call.order.orderId, shipmentId, status });
  return { scan, again: () => carrier.handOver(handOver) };
}

/** Delivers what is due, and returns what was delivered. */
async function deliverAll(refuse: (scan: DueScan) => boolean = () => false) {
  const scans: DueScan[] = [];
  const deliver = async (scan: DueScan) => {
    if (refuse(scan)) throw new Error(`cannot deliver ${scan.shipmentId}`);
    scans.push(scan);
  };
  return { outcome: await deliverDueScans(db.database, deliver, 100), scans };
}

/** As if the time until they are due again had passed for all scans that were tried. */
const dueAgain = () => db.database.sandboxScan.updateMany({ data: { dueAt: new Date(0) } });

test('a parcel handed over is scanned in transit and then delivered, each once', async () => {
  const { scan, again } = await handedOver();
  await again();
  expect((await deliverAll()).scans).toEqual([scan('in_transit')]);
  expect((await deliverAll()).scans).toEqual([scan('delivered')]);
  await again();
  expect((await deliverAll()).scans).toEqual([]);
});

test('a scan is delivered when it is due and not before', async () => {
  const { scan } = await handedOver({ inTransitAfterMs: 300, deliveredAfterMs: 3_600_000 });
  expect((await deliverAll()).scans).toEqual([]);
  const first = await eventually(deliverAll, ({ scans }) => scans.length > 0);
  expect(first.scans).toEqual([scan('in_transit')]);
  expect((await deliverAll()).scans).toEqual([]);
});

test('no more scans are taken at once than the limit', async () => {
  await handedOver();
  await handedOver();
  expect(await deliverDueScans(db.database, () => Promise.resolve(), 1)).toEqual({ delivered: 1, failed: [] });
});

test('a scan that cannot be delivered is told, keeps no other back, and is tried again after a pause', async () => {
  const stuck = await handedOver();
  const other = await handedOver();
  const isStuck = ({ shipmentId }: DueScan) => shipmentId === stuck.scan('in_transit').shipmentId;
  const { outcome, scans } = await deliverAll(isStuck);
  expect(scans).toEqual([other.scan('in_transit')]);
  expect(outcome).toMatchObject({
    delivered: 1,
    failed: [{ scan: stuck.scan('in_transit'), error: expect.any(Error) }],
  });
  expect((await deliverAll()).scans).toEqual([other.scan('delivered')]);
  const retried = await eventually(deliverAll, ({ scans: found }) => found.length > 0);
  expect(retried.scans).toEqual([stuck.scan('in_transit')]);
});

test('a parcel is not scanned delivered while its scan in transit is owed', async () => {
  await handedOver();
  await deliverAll(() => true);
  await dueAgain();
  const { outcome } = await deliverAll(() => true);
  expect(outcome.failed.map(({ scan: { status } }) => status)).toEqual(['in_transit']);
});

test('several workers share the work: each scan is delivered by one of them', async () => {
  const parcels = await Promise.all(Array.from({ length: 40 }, () => handedOver()));
  const scans: DueScan[] = [];
  const deliver = async (scan: DueScan) => void scans.push(scan);
  for (let round = 0; scans.length < 80 && round < 20; round++) {
    await racing(() => deliverDueScans(db.database, deliver, 10));
  }
  const sorted = (some: DueScan[]) => some.map(({ shipmentId, status }) => `${shipmentId} ${status}`).sort();
  expect(sorted(scans)).toEqual(sorted(parcels.flatMap(({ scan }) => [scan('in_transit'), scan('delivered')])));
});

test('what a worker took and did not finish is delivered by another one', async () => {
  const { scan } = await handedOver();
  let finish = (): void => undefined;
  const stalled = new Promise<void>((resolve) => (finish = resolve));
  const taken: DueScan[] = [];
  const slow = deliverDueScans(
    db.database,
    (one) => {
      taken.push(one);
      return stalled;
    },
    1,
  );
  await eventually(
    () => taken.length,
    (count) => count === 1,
  );
  expect((await deliverAll()).scans).toEqual([]);
  await dueAgain();
  expect((await deliverAll()).scans).toEqual([scan('in_transit')]);
  finish();
  await slow;
});
