import { createActivities, type FulfilmentActivities } from '../../activities';
import { PartyFault, type CarrierPort } from '../../adapters/ports';
import { createSandboxControl, createSandboxParties } from '../../adapters/sandbox';
import type { SandboxControl } from '../../contracts/http/sandbox';
import { openDatabase, type Database } from '../../infra/database/client';
import { runActivity, type Attempt } from '../support/activity';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { eventually } from '../support/eventually';
import { givenOrder, givenStock } from '../support/given';
import { recipient } from '../adapters/suites/calls';

const STEP = 'book/BER';
const limits = { partyTimeoutMs: 250, patienceMs: 60_000 };

let db: TestDatabase;
let parties: Database;
let sandbox: SandboxControl;
let nordpost: CarrierPort;
let hansa: CarrierPort;
let activities: FulfilmentActivities;
let orderId: string;

beforeAll(async () => {
  db = await createTestDatabase();
  parties = openDatabase(db.url);
  sandbox = createSandboxControl(db.database);
  const sandboxParties = createSandboxParties(parties);
  [nordpost, hansa] = sandboxParties.carriers as [CarrierPort, CarrierPort];
  activities = createActivities({ database: db.database, parties: sandboxParties });
  await givenStock(db.database, { 'MUG-001': { BER: 100 } });
});
beforeEach(async () => {
  ({ orderId } = await givenOrder(db.database));
  await db.database.shipment.create({
    data: { id: `shp_${orderId}`, orderId, leg: 1, warehouse: 'BER', status: 'packed' },
  });
});
afterEach(() => sandbox.replaceFaults([]));
afterAll(async () => {
  await parties.$disconnect();
  await db.drop();
});

const parcel = () => ({ orderId, leg: 1, parcel: 'BER', limits });
const key = () => `${orderId}/${STEP}`;

const book = (attempt: Attempt, over: { partyTimeoutMs?: number } = {}) => {
  const input = { ...parcel(), limits: { ...limits, ...over }, carrierAttempts: 3 };
  return runActivity(activities.bookCarrier, [input], { startToCloseTimeoutMs: 30_000, ...attempt });
};

/** The carrier answers the order's bookings when the script is replaced. */
const hang = (...carriers: string[]) =>
  sandbox.replaceFaults(
    carriers.map((carrier) => ({ port: 'shipping', operation: 'book', match: { orderId, carrier }, kind: 'hold' })),
  );

/** What a carrier is asked on behalf of the order. */
const booking = () => ({ ...call(), shipmentId: `shp_${orderId}`, warehouse: 'BER', recipient });
const call = () => ({ key: key(), order: { orderId, clientReference: 'test', customerId: 'cus_1' } });

const cancelStray = (carrier: string) => runActivity(activities.cancelStrayLabel, [{ ...parcel(), carrier }]);

/** The stray labels that the books know of, by their carriers, and whether their undo is owed. */
const strayLabels = async () => {
  const rows = await db.database.sagaStep.findMany({
    where: { orderId, kind: 'stray-label' },
    orderBy: { step: 'asc' },
  });
  return rows.map(({ carrier, state, late }) => `${carrier}: ${state}${late ? ', late' : ''}`);
};
const owedBy = (carrier: string) => eventually(strayLabels, (strays) => strays.includes(`${carrier}: undoing, late`));

/** A carrier was given up in silence, and the next one has the parcel. */
async function givenUp(): Promise<void> {
  await hang('nordpost');
  await book({ attempt: 3 });
  await cancelStray('nordpost');
  expect(await nordpost.lookup(key())).toBe('unknown');
}

const nordpostHas = (state: string) =>
  eventually(
    () => nordpost.lookup(key()),
    (found) => found === state,
  );

test('a carrier that hangs is at fault for each of its tries, and with the last one given up for the next', async () => {
  await hang('nordpost');
  const silence = { type: 'PartyFault', message: 'shipping/nordpost did not answer within 250 ms' };
  await expect(book({ isLocal: true })).rejects.toMatchObject(silence);
  await expect(book({ attempt: 1 })).rejects.toMatchObject(silence);
  await expect(book({ attempt: 2 })).rejects.toMatchObject(silence);
  expect(await hansa.lookup(key())).toBe('unknown');
  expect(await book({ attempt: 3 })).toMatchObject({ carrier: 'hansa-kurier' });
  expect(await strayLabels()).toEqual(['nordpost: undoing, late']);
  expect(await hansa.lookup(key())).toBe('booked');
});

test('where all hang, each has its own time and the last fault is told', async () => {
  await hang('nordpost', 'hansa-kurier');
  await expect(book({ attempt: 3 })).rejects.toMatchObject({
    type: 'PartyFault',
    message: 'shipping/hansa-kurier did not answer within 250 ms',
  });
});

test.each([
  ['an equal part of the time that the server gives a scheduled try', { attempt: 1, startToCloseTimeoutMs: 900 }, 300],
  ['no more than one answer may take', { attempt: 1, startToCloseTimeoutMs: 30_000 }, 400],
  ['as long as an answer may take in a first try, which ends without them', { isLocal: true }, 400],
])('the carriers have %s', async (_, attempt, timeoutMs) => {
  await hang('nordpost');
  await expect(book({ startToCloseTimeoutMs: 900, ...attempt }, { partyTimeoutMs: 400 })).rejects.toMatchObject({
    message: `shipping/nordpost did not answer within ${timeoutMs} ms`,
  });
});

test('the late label of a carrier that was given up is owed its cancel again, though that was done before it came', async () => {
  await givenUp();
  expect(await strayLabels()).toEqual(['nordpost: undone, late']);
  await sandbox.replaceFaults([]);
  await owedBy('nordpost');
  await cancelStray('nordpost');
  expect(await nordpost.lookup(key())).toBe('cancelled');
  expect(await hansa.lookup(key())).toBe('booked');
});

test('a late label is owed its cancel also where its reply is lost in the end', async () => {
  let hungUp: (error: Error) => void = () => undefined;
  const silent: CarrierPort = { ...nordpost, book: () => new Promise((_, reject) => (hungUp = reject)) };
  const all = { ...createSandboxParties(parties), carriers: [silent, hansa] };
  const { bookCarrier } = createActivities({ database: db.database, parties: all });
  await runActivity(bookCarrier, [{ ...parcel(), carrierAttempts: 1 }]);
  await cancelStray('nordpost');
  await nordpost.book(booking());
  hungUp(new PartyFault('shipping/nordpost', 'connection reset'));
  await owedBy('nordpost');
});

test('a late label is owed its cancel where the booking was undone meanwhile', async () => {
  await hang('nordpost');
  await expect(book({ attempt: 1 })).rejects.toThrow('did not answer');
  await runActivity(activities.cancelBooking, [parcel()]);
  await sandbox.replaceFaults([]);
  await owedBy('nordpost');
  await cancelStray('nordpost');
  expect(await nordpost.lookup(key())).toBe('cancelled');
});

test('a label that comes late while nothing is booked answers the next try', async () => {
  await hang('nordpost');
  await expect(book({ attempt: 1 })).rejects.toThrow('did not answer');
  await sandbox.replaceFaults([]);
  await nordpostHas('booked');
  expect(await book({ attempt: 2 })).toMatchObject({ carrier: 'nordpost' });
  expect(await nordpost.lookup(key())).toBe('booked');
});

test('a first attempt that was answered owes no stray label', async () => {
  await book({ isLocal: true });
  expect(await strayLabels()).toEqual([]);
});

test('a later attempt owes the labels of all others, because an attempt before it may have been answered', async () => {
  await book({ attempt: 2 });
  expect(await strayLabels()).toEqual(['hansa-kurier: undoing, late']);
});

describe('the cancel of a stray label', () => {
  test('leaves the booking, and what other carriers hold, as they are', async () => {
    await givenUp();
    const before = await db.database.shipment.findMany({ where: { orderId } });
    await cancelStray('nordpost');
    expect(await db.database.shipment.findMany({ where: { orderId } })).toEqual(before);
    expect(await hansa.lookup(key())).toBe('booked');
  });

  test('stays owed as long as its carrier cannot be reached', async () => {
    await givenUp();
    await sandbox.replaceFaults([]);
    await owedBy('nordpost');
    await sandbox.replaceFaults([
      { port: 'shipping', operation: 'cancel', match: { orderId }, kind: 'unavailable', times: 1 },
    ]);
    await expect(cancelStray('nordpost')).rejects.toMatchObject({ type: 'PartyFault', nonRetryable: false });
    expect(await strayLabels()).toEqual(['nordpost: undoing, late']);
    await cancelStray('nordpost');
    expect(await nordpost.lookup(key())).toBe('cancelled');
  });

  test('calls a person where its carrier refuses it', async () => {
    await givenUp();
    await sandbox.replaceFaults([
      { port: 'shipping', operation: 'cancel', match: { orderId }, kind: 'refuse', times: 1 },
    ]);
    await expect(cancelStray('nordpost')).rejects.toMatchObject({ type: 'Refused', nonRetryable: true });
  });
});
