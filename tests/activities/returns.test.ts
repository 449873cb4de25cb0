import { typeid } from 'typeid-js';
import { createActivities } from '../../activities';
import { createSandboxParties } from '../../adapters/sandbox';
import type { InspectedLine } from '../../contracts/workflow/decisions';
import { refundOfReturn } from '../../domain/step-kinds';
import { runActivity } from '../support/activity';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { givenDelivered, givenShelf } from '../support/given-delivered';

let db: TestDatabase;
let activities: ReturnType<typeof createActivities>;
let orderId: string;

const actor = { type: 'support', id: 'sup_1' } as const;
const decision = { actor, noteId: null };
const limits = { partyTimeoutMs: 1000, patienceMs: 0 };
const AWAIT_MS = 3_600_000;

beforeAll(async () => {
  db = await createTestDatabase();
  activities = createActivities({ database: db.database, parties: createSandboxParties(db.database) });
  await givenShelf(db);
});
afterAll(() => db.drop());
beforeEach(async () => {
  orderId = await givenDelivered(db);
});

async function givenReturn(quantity: number): Promise<string> {
  const returnId = typeid('ret').toString();
  const requestedBy = { requestedByType: 'customer', requestedById: 'cus_1' };
  await db.database.orderReturn.create({
    data: { id: returnId, orderId, ...requestedBy, lines: { create: { sku: 'MUG-001', quantity } } },
  });
  return returnId;
}

async function move(returnId: string, to: 'authorised' | 'rejected' | 'received' | 'expired') {
  const input = { orderId, returnId, to, decision, awaitMs: AWAIT_MS };
  return (await runActivity(activities.moveReturn, [input])).status;
}

async function received(quantity: number): Promise<string> {
  const returnId = await givenReturn(quantity);
  await move(returnId, 'authorised');
  await move(returnId, 'received');
  return returnId;
}

const mug = (restocked: number, writtenOff = 0, warehouse = 'BER'): InspectedLine => {
  return { sku: 'MUG-001', restocked, writtenOff, warehouse: restocked > 0 ? warehouse : null };
};

const inspect = (returnId: string, line: InspectedLine, refund: number | null = null) => {
  const asked = refund === null ? null : { amount: refund, currency: 'EUR' };
  const inspection = { ...decision, lines: [line], refund: asked };
  return runActivity(activities.inspectReturn, [{ orderId, returnId, inspection }]);
};

const finish = async (returnId: string) => (await runActivity(activities.finishReturn, [{ orderId, returnId }])).status;

/** Inspects, refunds what was decided and ends the return. */
async function settle(returnId: string, line: InspectedLine, asked?: number): Promise<string> {
  const { refund } = await inspect(returnId, line, asked);
  if (refund !== null) {
    const input = {
      orderId,
      step: refundOfReturn(returnId),
      amount: refund,
      cause: 'return' as const,
      returnId,
      limits,
    };
    await runActivity(activities.refundPayment, [input]);
  }
  return finish(returnId);
}

const onHand = async (warehouse: string) =>
  (await db.database.stockLevel.findUnique({ where: { sku_warehouse: { sku: 'MUG-001', warehouse } } }))?.onHand ?? 0;

async function books(returnId: string) {
  const [order, its, timeline, messages, payment, events] = await Promise.all([
    db.database.order.findUniqueOrThrow({ where: { id: orderId } }),
    db.database.orderReturn.findUniqueOrThrow({ where: { id: returnId }, include: { lines: true, refund: true } }),
    db.database.timelineEntry.findMany({ where: { orderId, step: `return/${returnId}` }, orderBy: { id: 'asc' } }),
    db.database.message.findMany({ where: { orderId }, orderBy: { createdAt: 'asc' } }),
    db.database.payment.findUniqueOrThrow({ where: { orderId } }),
    db.database.outboxEvent.findMany({ where: { key: orderId }, orderBy: { id: 'asc' } }),
  ]);
  const topics = events.map(({ topic }) => topic);
  return { order, its, timeline, messages, refunded: Number(payment.refunded), topics };
}

test('an authorised return is awaited, and the customer is told until when', async () => {
  const returnId = await givenReturn(1);
  expect(await move(returnId, 'authorised')).toBe('authorised');
  const { its, messages, timeline } = await books(returnId);
  expect(its.receiveBy?.getTime()).toBeGreaterThan(Date.now());
  expect(messages).toMatchObject([
    {
      key: `${orderId}/return-authorised/${returnId}/email`,
      data: { returnId, receiveBy: its.receiveBy?.toISOString() },
    },
  ]);
  expect(timeline).toMatchObject([
    { actorType: 'support', actorId: 'sup_1', note: expect.stringContaining('authorised') },
  ]);
});

test('a note stands in the timeline, read by its id', async () => {
  const returnId = await givenReturn(1);
  const noteId = typeid('note').toString();
  await db.database.note.create({
    data: { id: noteId, orderId, actorType: 'support', actorId: 'sup_1', text: 'chipped on arrival' },
  });
  const decided = { actor, noteId };
  await runActivity(activities.moveReturn, [{ orderId, returnId, to: 'authorised', decision: decided, awaitMs: 1 }]);
  expect((await books(returnId)).timeline[0]?.note).toContain('chipped on arrival');
});

test('a return says how it stands, and how long it is awaited still', async () => {
  const returnId = await givenReturn(1);
  const read = () => runActivity(activities.readReturn, [{ orderId, returnId }]);
  expect(await read()).toEqual({ status: 'requested', awaitedMs: null, refund: null });
  await move(returnId, 'authorised');
  const { awaitedMs } = await read();
  expect(awaitedMs).toBeGreaterThan(0);
  expect(awaitedMs).toBeLessThanOrEqual(AWAIT_MS);
});

test.each([
  ['authorised', ['authorised']],
  ['rejected', ['rejected']],
  ['received', ['authorised', 'received']],
  ['expired', ['authorised', 'expired']],
] as const)('a return that is %s is so once, however often it is asked for', async (to, way) => {
  const returnId = await givenReturn(1);
  for (const status of way) await move(returnId, status);
  const once = await books(returnId);
  expect(await move(returnId, to)).toBe(to);
  expect(await books(returnId)).toEqual(once);
});

test('a decision that comes too late changes nothing, and hears how the return stands', async () => {
  const returnId = await givenReturn(1);
  await move(returnId, 'rejected');
  expect(await move(returnId, 'authorised')).toBe('rejected');
});

test('restocked units are on their shelf again, and written off ones are on none', async () => {
  const before = await onHand('BER');
  const returnId = await received(2);
  await inspect(returnId, mug(1, 1));
  expect(await onHand('BER')).toBe(before + 1);
  const { its } = await books(returnId);
  expect(its.lines).toMatchObject([{ quantity: 2, restocked: 1, writtenOff: 1, warehouse: 'BER' }]);
  const movements = await db.database.stockMovement.findMany({ where: { orderId, kind: 'return' } });
  expect(movements).toMatchObject([{ sku: 'MUG-001', warehouse: 'BER', change: 1, step: `return/${returnId}` }]);
});

test('units may go to a shelf that had none of the sku', async () => {
  const before = await onHand('HAM');
  await inspect(await received(1), mug(1, 0, 'HAM'));
  expect(await onHand('HAM')).toBe(before + 1);
});

test('an inspection happens once, however often and however many at once it is tried', async () => {
  const before = await onHand('BER');
  const returnId = await received(1);
  const standings = await Promise.all(Array.from({ length: 6 }, () => inspect(returnId, mug(1))));
  expect(new Set(standings.map(({ refund }) => refund?.amount))).toEqual(new Set([1190]));
  expect(await onHand('BER')).toBe(before + 1);
  expect(await db.database.refund.count({ where: { returnId } })).toBe(1);
});

test('the refund is what the units are worth, or less where the inspection says so, and never more', async () => {
  const [part, whole] = [await received(1), await received(1)];
  expect((await inspect(part, mug(0, 1), 500)).refund).toEqual({ amount: 500, currency: 'EUR' });
  expect((await inspect(whole, mug(1), 1_000_000)).refund).toEqual({ amount: 2963 - 1190, currency: 'EUR' });
  expect((await books(part)).its.refundable).toBe(1190n);
});

test('inspections that race refund no more together than was captured', async () => {
  const both = [await received(1), await received(1)];
  const standings = await Promise.all(both.map((returnId) => inspect(returnId, mug(1))));
  expect(standings.map(({ refund }) => refund?.amount).sort()).toEqual([1190, 1773]);
});

test('an order is returned when all that was delivered is back and settled', async () => {
  const [first, second] = [await received(1), await received(1)];
  expect(await settle(first, mug(1))).toBe('refunded');
  expect((await books(first)).order.status).toBe('delivered');
  expect(await settle(second, mug(0, 1))).toBe('refunded');
  const { order, refunded, topics, messages } = await books(second);
  expect([order.status, refunded]).toEqual(['returned', 2963]);
  expect(topics.slice(-3)).toEqual(['payments.refunded', 'payments.refunded', 'orders.returned']);
  expect(messages.filter(({ template }) => template === 'return-refunded')).toMatchObject([
    { data: { returnId: first, refund: { amount: 1190 } } },
    { data: { returnId: second, refund: { amount: 1773 } } },
  ]);
});

test('an order is not returned as long as a refund of it is not done', async () => {
  const [first, second] = [await received(1), await received(1)];
  await inspect(first, mug(1));
  expect(await settle(second, mug(1))).toBe('refunded');
  expect((await books(second)).order.status).toBe('delivered');
});

test('what did not come back can be returned later', async () => {
  await settle(await received(2), mug(1));
  await expect(givenReturn(2)).rejects.toThrow('more of MUG-001');
  await settle(await received(1), mug(1));
  expect((await db.database.order.findUniqueOrThrow({ where: { id: orderId } })).status).toBe('returned');
});

test.each([
  ['nothing came back', mug(0), null],
  ['it was decided so', mug(0, 1), 0],
])('a return is closed without a refund where %s', async (_, line, asked) => {
  const returnId = await received(1);
  expect(await settle(returnId, line, asked ?? undefined)).toBe('closed');
  const { its, refunded } = await books(returnId);
  expect([its.refund, refunded]).toEqual([null, 0]);
});

test('a return ends once', async () => {
  const returnId = await received(2);
  await settle(returnId, mug(2));
  const once = await books(returnId);
  expect(await finish(returnId)).toBe('refunded');
  expect(await books(returnId)).toEqual(once);
});
