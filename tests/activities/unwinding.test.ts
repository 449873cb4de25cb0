import type { ApplicationFailure } from '@temporalio/common';
import { createActivities, type FulfilmentActivities } from '../../activities';
import { createSandboxControl, createSandboxParties } from '../../adapters/sandbox';
import { failureTypes } from '../../contracts/failures';
import type { AllocatedParcel } from '../../contracts/workflow/order';
import { runActivity } from '../support/activity';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { givenOrder, givenStock } from '../support/given';
import { limits } from './books';

let db: TestDatabase;
let activities: FulfilmentActivities;

beforeAll(async () => {
  db = await createTestDatabase();
  activities = createActivities({ database: db.database, parties: createSandboxParties(db.database) });
  await givenStock(db.database, { 'SPLIT-1': { BER: 2, HAM: 2 }, 'SPLIT-2': { BER: 2, HAM: 2 } });
});
afterAll(() => db.drop());

/** An order that is authorised, with a parcel in BER and one in HAM. */
async function givenSplit(sku: string) {
  const { orderId, grand } = await givenOrder(db.database, { lines: [{ sku, quantity: 4 }] });
  const step = { orderId, limits };
  await runActivity(activities.validateOrder, [step]);
  const { parcels } = await runActivity(activities.reserveStock, [{ ...step, leg: 1, shortfall: 'refuse' as const }]);
  await runActivity(activities.authorisePayment, [{ ...step, grant: 1, amount: grand }]);
  const [ber] = parcels.map((parcel: AllocatedParcel) => ({ ...step, ...parcel, leg: 1 }));
  if (ber === undefined) throw new Error('there is no parcel');
  return { orderId, step, ber };
}

const failureType = (error: unknown) => (error as ApplicationFailure).type;

const fenceMoves = {
  'the order is undone': ({ orderId }: { orderId: string }) =>
    runActivity(activities.beginUnwinding, [{ orderId, reason: 'cancelled_by_customer' as const }]),
  'its leg is ended': ({ orderId }: { orderId: string }) =>
    runActivity(activities.beginRetry, [{ orderId, leg: 1, reason: 'no_carrier' as const, renewMs: 60_000 }]),
};

test.each(Object.entries(fenceMoves))(
  'once %s, a step that no undo has come to yet is refused, and nothing is done',
  async (which, moveFence) => {
    const order = await givenSplit(which === 'its leg is ended' ? 'SPLIT-1' : 'SPLIT-2');
    await moveFence(order);
    expect(await runActivity(activities.packParcel, [order.ber]).catch(failureType)).toBe(failureTypes.fenced);
    const { orderId } = order;
    expect(await db.database.sagaStep.count({ where: { orderId, step: 'pack/BER' } })).toBe(0);
    const { packs } = await createSandboxControl(db.database).ledger(orderId);
    expect(packs).toEqual([]);
  },
);
