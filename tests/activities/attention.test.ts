import { createActivities, type FulfilmentActivities } from '../../activities';
import { createSandboxParties } from '../../adapters/sandbox';
import type { OrderStatus } from '../../domain/order-status';
import { runActivity } from '../support/activity';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { givenStock } from '../support/given';
import { givenOrderAt, limits } from './books';

let db: TestDatabase;
let activities: FulfilmentActivities;

beforeAll(async () => {
  db = await createTestDatabase();
  activities = createActivities({ database: db.database, parties: createSandboxParties(db.database) });
  await givenStock(db.database, { 'MUG-001': { BER: 100 } });
});
afterAll(() => db.drop());

const UP_TO_PACKED: OrderStatus[] = ['validated', 'reserved', 'authorised', 'packed'];
const UNDOING: OrderStatus[] = [...UP_TO_PACKED, 'compensating'];

/** An order that has come to a status, whose steps get stuck and go on. */
async function givenStuckOrder(way: OrderStatus[]) {
  const orderId = await givenOrderAt(db.database, {}, ...way);
  const open = new Map<string, number>();
  let occurrences = 0;
  return {
    orderId,
    raise: async (step: string) => {
      open.set(step, (occurrences += 1));
      const stuck = { orderId, step, why: 'refused', actions: ['retry', 'skip'] as const, occurrence: occurrences };
      return (await runActivity(activities.raiseAttention, [stuck])).status;
    },
    lower: async (step: string) => {
      const freed = { orderId, step, occurrence: open.get(step) ?? 0 };
      return (await runActivity(activities.lowerAttention, [freed])).status;
    },
    skip: async (step: string) => {
      const resolution = { actor: { type: 'support', id: 'sup_1' }, noteId: null, action: 'skip' } as const;
      await runActivity(activities.lowerAttention, [{ orderId, step, occurrence: open.get(step) ?? 0, resolution }]);
    },
  };
}

const finish = (orderId: string) =>
  runActivity(activities.finishUnwinding, [{ orderId, reason: 'no_carrier' as const }]);
const statusOf = async (id: string) => (await db.database.order.findUniqueOrThrow({ where: { id } })).status;

describe('the status after the last stuck step goes on is the one before the first got stuck', () => {
  test('where one got stuck again while the other was', async () => {
    const { orderId, raise, lower } = await givenStuckOrder(UNDOING);
    await raise('pack/BER');
    await raise('authorise-payment');
    expect(await lower('pack/BER')).toBe('needs_attention');
    await raise('pack/BER');
    await lower('pack/BER');
    expect(await lower('authorise-payment')).toBe('compensating');
    await finish(orderId);
    expect(await statusOf(orderId)).toBe('rejected');
  });

  test('where the order has moved since one of them got stuck', async () => {
    const { orderId, raise, lower } = await givenStuckOrder([...UP_TO_PACKED, 'paid']);
    await raise('given-up/BER');
    await db.database.order.update({ where: { id: orderId }, data: { status: 'shipped' } });
    await db.database.timelineEntry.create({
      data: { orderId, step: 'hand-over', status: 'shipped', actorType: 'system', actorId: 'fulfilment' },
    });
    await raise('authorise-payment');
    await lower('authorise-payment');
    expect(await lower('given-up/BER')).toBe('shipped');
  });
});

test('an order that is undone comes to rest also where what keeps it is its own end', async () => {
  const { orderId, raise } = await givenStuckOrder(UNDOING);
  expect(await raise('finish-unwinding')).toBe('needs_attention');
  await finish(orderId);
  expect(await statusOf(orderId)).toBe('rejected');
});

test('an order that has come to rest is not undone for another reason: it is said that it went further', async () => {
  const { orderId } = await givenStuckOrder(UNDOING);
  await finish(orderId);
  const cancelled = { orderId, reason: 'cancelled_by_customer' as const, known: [] };
  expect(await runActivity(activities.beginUnwinding, [cancelled])).toBe('further');
  expect(await statusOf(orderId)).toBe('rejected');
});

test.each([
  ['refund/not-shipped/rest', 'applied', 'applied'],
  ['refund/not-shipped/rest', undefined, 'skipped'],
  ['authorise-payment', 'applied', 'skipped'],
  ['authorise-payment', 'undoing', 'skipped'],
  ['authorise-payment', 'undone', 'undone'],
])('%s that is skipped, when the ledger has it as %s, is %s', async (step, before, after) => {
  const { orderId, raise, skip } = await givenStuckOrder(UNDOING);
  if (before !== undefined) await db.database.sagaStep.create({ data: { orderId, step, state: before } });
  await raise(step);
  await skip(step);
  const row = await db.database.sagaStep.findUniqueOrThrow({ where: { orderId_step: { orderId, step } } });
  expect(row.state).toBe(after);
});

describe('a packed order', () => {
  test('needs attention where its capture is stuck', async () => {
    const { raise } = await givenStuckOrder(UP_TO_PACKED);
    expect(await raise('capture')).toBe('needs_attention');
  });

  test.each(['book/BER', 'given-up/BER', 'authorise-payment'])(
    'stays packed where %s is stuck, since it may be tried again',
    async (step) => {
      const { orderId, raise, lower } = await givenStuckOrder(UP_TO_PACKED);
      expect(await raise(step)).toBe('packed');
      const retry = { orderId, leg: 1, reason: 'party_unavailable' as const, renewMs: 1000 };
      await runActivity(activities.beginRetry, [retry]);
      expect(await lower(step)).toBe('pending_retry');
      const again = { orderId, leg: 2, shortfall: 'refuse' as const, limits };
      await runActivity(activities.reserveStock, [again]);
      expect(await statusOf(orderId)).toBe('authorised');
    },
  );
});
