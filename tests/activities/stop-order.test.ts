import type { ApplicationFailure } from '@temporalio/common';
import { createActivities, type FulfilmentActivities } from '../../activities';
import { createSandboxControl, createSandboxParties } from '../../adapters/sandbox';
import { failureTypes } from '../../contracts/failures';
import type { StopInput } from '../../contracts/workflow/order';
import { runActivity } from '../support/activity';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { givenOrder, givenStock } from '../support/given';
import { limits, stopOf, undoAll } from './books';

let db: TestDatabase;
let activities: FulfilmentActivities;

beforeAll(async () => {
  db = await createTestDatabase();
  activities = createActivities({ database: db.database, parties: createSandboxParties(db.database) });
  await givenStock(db.database, { 'SPLIT-1': { BER: 3, HAM: 3 } });
});
afterAll(() => db.drop());

/** An order that is authorised, with a parcel in BER and one in HAM. */
async function givenSplit() {
  const { orderId } = await givenOrder(db.database, { lines: [{ sku: 'SPLIT-1', quantity: 4 }] });
  const step = { orderId, limits };
  await runActivity(activities.validateOrder, [{ ...step, reviewMs: 1000 }]);
  await runActivity(activities.reserveStock, [{ ...step, leg: 1, shortfall: 'refuse' as const }]);
  await runActivity(activities.authorisePayment, [{ ...step, grant: 1 }]);
  return { orderId, step };
}

const failureType = (error: unknown) => (error as ApplicationFailure).type;
const stop = (orderId: string, over: Partial<StopInput> = {}) => stopOf(activities)(orderId, over);
const free = async (orderId: string) => {
  await undoAll(activities, orderId, await stop(orderId, { reason: 'cancelled_by_customer' }));
  return stop(orderId);
};
const toldOf = (orderId: string) => db.database.message.findMany({ where: { orderId }, orderBy: { createdAt: 'asc' } });

test.each([
  ['the order is undone', { reason: 'cancelled_by_customer' as const }, { direction: 'back', status: 'compensating' }],
  ['its leg is ended', { reason: 'no_carrier' as const, failedLeg: 1 }, { direction: 'to_capture', leg: 2 }],
])('once %s, a step that no undo has come to yet is refused, and nothing is done', async (_, reason, standing) => {
  const { orderId, step } = await givenSplit();
  expect(await stop(orderId, reason)).toMatchObject(standing);
  const packing = runActivity(activities.packParcel, [{ ...step, leg: 1, parcel: 'BER' }]);
  expect(await packing.catch(failureType)).toBe(failureTypes.fenced);
  const row = await db.database.sagaStep.findFirst({ where: { orderId, step: 'pack/BER' } });
  expect(row).toMatchObject({ state: 'undoing', late: true, appliedAt: null });
  expect((await createSandboxControl(db.database).ledger(orderId)).packs).toEqual([]);
  await stop(orderId, { reason: 'interrupted' });
  await free(orderId);
});

test('a stop without a reason only asks', async () => {
  const { orderId } = await givenSplit();
  const before = await db.database.timelineEntry.count({ where: { orderId } });
  expect(await stop(orderId)).toMatchObject({
    direction: 'to_capture',
    status: 'authorised',
    leg: 1,
    grants: 1,
    undo: [],
  });
  expect(await db.database.timelineEntry.count({ where: { orderId } })).toBe(before);
  await free(orderId);
});

test('a recorded reason stands, however often and why the order is stopped again', async () => {
  const { orderId } = await givenSplit();
  await stop(orderId, { reason: 'payment_declined' });
  expect(await stop(orderId, { reason: 'cancelled_by_customer' })).toMatchObject({ reason: 'payment_declined' });
  expect(await free(orderId)).toMatchObject({ direction: 'closed', status: 'rejected', reason: 'payment_declined' });
  expect((await toldOf(orderId)).map(({ template }) => template)).toEqual(['order-confirmed', 'order-rejected']);
});

test('an order comes to rest when nothing is left to undo, and once', async () => {
  const { orderId } = await givenSplit();
  const stopped = await stop(orderId, { reason: 'cancelled_by_customer' });
  expect(stopped.undo.map(({ id }) => id.kind).sort()).toEqual(['authorise-payment', 'pack', 'pack', 'reserve-stock']);
  expect(await stop(orderId)).toMatchObject({ direction: 'back', status: 'compensating' });
  const closed = await free(orderId);
  expect(closed).toMatchObject({ direction: 'closed', status: 'cancelled', undo: [] });
  expect(await stop(orderId, { reason: 'interrupted' })).toEqual(closed);
});

test('a leg is ended once, and the customer told once of the delay', async () => {
  const { orderId } = await givenSplit();
  const end = () => stop(orderId, { reason: 'no_carrier', failedLeg: 1 });
  expect(await end()).toMatchObject({ leg: 2, retryInMs: expect.any(Number) as number });
  await end();
  expect((await toldOf(orderId)).map(({ key }) => key)).toContain(`${orderId}/order-delayed/leg-1/email`);
  expect((await toldOf(orderId)).filter(({ template }) => template === 'order-delayed')).toHaveLength(1);
  await free(orderId);
});

test('a cancel of a captured order comes too late, and whoever cancelled is told so once', async () => {
  const { orderId } = await givenSplit();
  await db.database.sagaStep.create({
    data: { orderId, step: 'capture', kind: 'capture', state: 'applied', appliedAt: new Date() },
  });
  const decision = { actor: { type: 'customer', id: 'cus_1' }, noteId: null } as const;
  for (let time = 0; time < 2; time += 1) {
    const standing = await stop(orderId, { reason: 'cancelled_by_customer', decision });
    expect(standing).toMatchObject({ direction: 'to_delivery', undo: [], stoppedBy: null });
  }
  const told = (await toldOf(orderId)).filter(({ template }) => template === 'order-not-cancelled');
  expect(told).toHaveLength(1);
});
