import { createActivities, type FulfilmentActivities } from '../../activities';
import { createSandboxParties } from '../../adapters/sandbox';
import type { OrderStatus } from '../../domain/order-status';
import { workflowIdOf } from '../../contracts/workflow/ids';
import type { StuckResolution } from '../../contracts/workflow/decisions';
import { refundOfUnshipped, stepName, type StepId } from '../../domain/step-kinds';
import { runActivity, type Attempt } from '../support/activity';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { givenStock } from '../support/given';
import { givenOrderAt, limits, stopOf, stopPolicy } from './books';

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
  const run = { workflowId: workflowIdOf(orderId), runId: 'run' };
  const lower = async (id: StepId, resolution?: StuckResolution) => {
    const freed = { orderId, id, occurrence: open.get(stepName(id)) ?? 0, ...(resolution && { resolution }) };
    return (await runActivity(activities.lowerAttention, [freed], run)).status;
  };
  return {
    orderId,
    raise: async (id: StepId, over: Attempt = {}) => {
      open.set(stepName(id), (occurrences += 1));
      const stuck = { orderId, id, why: 'refused', actions: ['retry', 'skip'] as const, occurrence: occurrences };
      return (await runActivity(activities.raiseAttention, [stuck], { ...run, ...over })).status;
    },
    lower: (id: StepId) => lower(id),
    free: (id: StepId, action: StuckResolution['action']) =>
      lower(id, { actor: { type: 'support', id: 'sup_1' }, noteId: null, step: stepName(id), action }),
  };
}

const PACK: StepId = { kind: 'pack', parcel: 'BER', leg: 1 };
const BOOK: StepId = { kind: 'book', parcel: 'BER', leg: 1 };
const STRAY: StepId = { kind: 'stray-label', parcel: 'BER', carrier: 'nordpost', leg: 1 };
const HOLD: StepId = { kind: 'authorise-payment', grant: 1 };
const HAND_OVER: StepId = { kind: 'hand-over' };
const REFUND = refundOfUnshipped('rest');

/** Ends an order that is being undone. */
const finish = async (orderId: string) => {
  await db.database.order.update({ where: { id: orderId }, data: { fenced: true, reason: 'no_carrier' } });
  return stopOf(activities)(orderId);
};
const openSteps = async (orderId: string) =>
  (await db.database.stuckStep.findMany({ where: { orderId, resolvedAt: null } })).map(({ step }) => step);
const statusOf = async (id: string) => (await db.database.order.findUniqueOrThrow({ where: { id } })).status;

describe('the status after the last stuck step goes on is the one before the first got stuck', () => {
  test('where one got stuck again while the other was', async () => {
    const { orderId, raise, lower } = await givenStuckOrder(UNDOING);
    await raise(PACK);
    await raise(HOLD);
    expect(await lower(PACK)).toBe('needs_attention');
    await raise(PACK);
    await lower(PACK);
    expect(await lower(HOLD)).toBe('compensating');
    await finish(orderId);
    expect(await statusOf(orderId)).toBe('rejected');
  });

  test('where the order has moved since one of them got stuck', async () => {
    const { orderId, raise, lower } = await givenStuckOrder([...UP_TO_PACKED, 'paid']);
    await raise(STRAY);
    await db.database.order.update({ where: { id: orderId }, data: { status: 'shipped' } });
    await db.database.timelineEntry.create({
      data: { orderId, step: 'hand-over', status: 'shipped', actorType: 'system', actorId: 'fulfilment' },
    });
    await raise(HOLD);
    await lower(HOLD);
    expect(await lower(STRAY)).toBe('shipped');
  });
});

test('an order that is undone comes to rest also where what keeps it is its own end', async () => {
  const { orderId, raise } = await givenStuckOrder(UNDOING);
  expect(await raise({ kind: 'stop' })).toBe('needs_attention');
  await finish(orderId);
  expect(await statusOf(orderId)).toBe('rejected');
});

test('an order that has come to rest is not undone for another reason', async () => {
  const { orderId } = await givenStuckOrder(UNDOING);
  await finish(orderId);
  const stopped = await stopOf(activities)(orderId, { reason: 'cancelled_by_customer' });
  expect(stopped).toMatchObject({ direction: 'closed', status: 'rejected', reason: 'no_carrier', undo: [] });
  expect(await statusOf(orderId)).toBe('rejected');
});

test("an order's rest frees its own stuck steps, and leaves those of other workflows to them", async () => {
  const { orderId, raise } = await givenStuckOrder(UNDOING);
  await raise(PACK);
  await raise(HOLD, { workflowId: `undo-${orderId}/authorise-payment` });
  await finish(orderId);
  expect(await openSteps(orderId)).toEqual(['authorise-payment']);
});

test('a stuck step of another workflow lists it, and does not change the status of the order', async () => {
  const { orderId, raise } = await givenStuckOrder([...UP_TO_PACKED, 'paid', 'shipped']);
  expect(await raise(HOLD, { workflowId: `undo-${orderId}/authorise-payment` })).toBe('shipped');
  expect(await openSteps(orderId)).toEqual(['authorise-payment']);
});

test('what a lost run left stuck goes with it, when the next one takes its place', async () => {
  const { orderId, raise } = await givenStuckOrder(UNDOING);
  await raise(PACK, { runId: 'lost' });
  const input = { orderId, limits, policy: stopPolicy };
  await runActivity(activities.stopOrder, [input], { workflowId: workflowIdOf(orderId), runId: 'next' });
  expect(await openSteps(orderId)).toEqual([]);
});

test('a late call of an earlier occurrence, or of another run, changes nothing', async () => {
  const { orderId, raise, lower } = await givenStuckOrder(UNDOING);
  await raise(PACK);
  const late = { orderId, id: PACK, why: 'late', actions: ['retry'] as const, occurrence: 1 };
  const run = { workflowId: workflowIdOf(orderId), runId: 'run' };
  await runActivity(activities.raiseAttention, [late], run);
  await runActivity(activities.lowerAttention, [{ orderId, id: PACK, occurrence: 1 }], { ...run, runId: 'lost' });
  await runActivity(activities.lowerAttention, [{ orderId, id: PACK, occurrence: 0 }], run);
  expect(await openSteps(orderId)).toEqual(['pack/BER']);
  expect(await db.database.stuckStep.findFirst({ where: { orderId } })).toMatchObject({ reason: 'refused' });
  await lower(PACK);
  await runActivity(activities.raiseAttention, [late], run);
  expect(await openSteps(orderId)).toEqual([]);
});

test('a hand-over that is to be refunded needs no person any more, and keeps its status until it is undone', async () => {
  const { orderId, raise, free } = await givenStuckOrder([...UP_TO_PACKED, 'paid']);
  expect(await raise(HAND_OVER)).toBe('needs_attention');
  expect(await free(HAND_OVER, 'refund')).toBe('needs_attention');
  expect(await openSteps(orderId)).toEqual([]);
});

test.each<[StepId, string | undefined, string]>([
  [REFUND, 'applied', 'applied'],
  [REFUND, undefined, 'skipped'],
  [HOLD, 'applied', 'skipped'],
  [HOLD, 'undoing', 'skipped'],
  [HOLD, 'undone', 'undone'],
])('%j that is skipped, when the ledger has it as %s, is %s', async (id, before, after) => {
  const { orderId, raise, free } = await givenStuckOrder(UNDOING);
  const step = stepName(id);
  if (before !== undefined) {
    await db.database.sagaStep.create({
      data: { orderId, step, kind: id.kind, subject: id.subject ?? null, state: before },
    });
  }
  await raise(id);
  await free(id, 'skip');
  const row = await db.database.sagaStep.findUniqueOrThrow({ where: { orderId_step: { orderId, step } } });
  expect(row.state).toBe(after);
});

describe('a packed order', () => {
  test('needs attention where its capture is stuck', async () => {
    const { raise } = await givenStuckOrder(UP_TO_PACKED);
    expect(await raise({ kind: 'capture' })).toBe('needs_attention');
  });

  test.each([BOOK, STRAY, HOLD])('stays packed where %j is stuck, since it may be tried again', async (step) => {
    const { orderId, raise, lower } = await givenStuckOrder(UP_TO_PACKED);
    expect(await raise(step)).toBe('packed');
    await stopOf(activities)(orderId, { reason: 'party_unavailable', failedLeg: 1 });
    expect(await lower(step)).toBe('pending_retry');
    const again = { orderId, leg: 2, shortfall: 'refuse' as const, limits };
    await runActivity(activities.reserveStock, [again]);
    expect(await statusOf(orderId)).toBe('authorised');
  });
});
