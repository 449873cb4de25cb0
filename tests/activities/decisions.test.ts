import { typeid } from 'typeid-js';
import type { SweptWorkflows } from '../../activities/sweeps/sweeps';
import { storeDecision, type StoredDecision } from '../../books/decisions';
import { returnWorkflowIdOf, workflowIdOf } from '../../contracts/workflow/ids';
import type { OrderStatus } from '../../domain/order-status';
import { sweptWorkflows } from '../../workers/swept-workflows';
import type { UpdateOutcome } from '../../workflow-client/updates';
import type { Workflows } from '../../workflow-client/workflows';
import { runActivity } from '../support/activity';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { givenStock } from '../support/given';
import { givenOrderAt } from './books';
import { sweepsOver } from './swept';

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
  await givenStock(db.database, { 'MUG-001': { BER: 1 } });
});
afterAll(() => db.drop());
beforeEach(() => db.database.decision.deleteMany());

const CANCELLED: OrderStatus[] = ['validated', 'compensating', 'cancelled'];

async function givenDecision(...way: OrderStatus[]): Promise<StoredDecision> {
  const orderId = await givenOrderAt(db.database, {}, ...way);
  const payload = { actor: { type: 'support', id: 'sup_1' }, noteId: null };
  const decision = {
    id: typeid('upd').toString(),
    orderId,
    workflowId: workflowIdOf(orderId),
    update: 'cancelOrder',
    payload,
  };
  await storeDecision(db.database.sql, decision);
  return decision;
}

/** Sweeps once, while Temporal answers so. */
async function sweep(answer: (sent: Parameters<Workflows['sendUpdate']>[0]) => Promise<UpdateOutcome>, owedMs = -1000) {
  const workflows = { sendUpdate: answer } as unknown as Workflows;
  const { resend } = sweptWorkflows(workflows);
  const { sweeps } = sweepsOver(db.database, { resend } satisfies Partial<SweptWorkflows>, { ages: { owedMs } });
  return runActivity(sweeps.settleDecisions, []);
}

const outcomeOf = async (id: string) => {
  const { settledAt, outcome } = await db.database.decision.findUniqueOrThrow({ where: { id } });
  return settledAt === null ? undefined : outcome;
};

const accepted: UpdateOutcome = { kind: 'answered', answer: 'accepted' };
const refused = (type: string): UpdateOutcome => ({ kind: 'refused', type, message: 'no' });

test('a decision that Temporal has not answered is sent again under its own id, to its workflow', async () => {
  const { id, workflowId, update, payload } = await givenDecision('validated');
  const sent: unknown[] = [];
  const answer = async (call: unknown) => {
    sent.push(call);
    return accepted;
  };
  expect(await sweep(answer)).toBe(1);
  expect(sent).toEqual([{ workflowId, update, payload, updateId: id, timeoutMs: expect.any(Number) as number }]);
  expect(await outcomeOf(id)).toEqual(accepted);
});

test.each<[string, UpdateOutcome]>([
  ['an answer', accepted],
  ['a refusal of the payload', refused('InvalidPayload')],
  ['a refusal of the moment', refused('NotDue')],
  ['that it comes too late', refused('TooLate')],
])('%s settles it, once: it is not sent again', async (_, outcome) => {
  const { id } = await givenDecision('validated');
  await sweep(async () => outcome);
  expect(await outcomeOf(id)).toEqual(outcome);
  expect(await sweep(async () => accepted)).toBe(0);
  expect(await outcomeOf(id)).toEqual(outcome);
});

test.each<[string, UpdateOutcome]>([
  ['the workflow is not ready yet', refused('NotReady')],
  ['Temporal gives no answer in time', { kind: 'silent' }],
  ['the order goes on without a workflow for now', { kind: 'absent' }],
])('it stays unsettled, and is sent again, where %s', async (_, outcome) => {
  const { id } = await givenDecision('validated');
  expect(await sweep(async () => outcome)).toBe(1);
  expect(await outcomeOf(id)).toBeUndefined();
  expect(await sweep(async () => accepted)).toBe(1);
  expect(await outcomeOf(id)).toEqual(accepted);
});

test('without a workflow of an order at rest it is settled as refused, with why', async () => {
  const { id } = await givenDecision(...CANCELLED);
  await sweep(async () => ({ kind: 'absent' }));
  expect(await outcomeOf(id)).toEqual({
    kind: 'refused',
    type: 'NotDue',
    message: 'It is cancelled by now: nothing is to be decided any more.',
  });
});

describe("a decision on a delivered order's return whose workflow is away", () => {
  async function givenOnReturn(...statuses: string[]): Promise<string> {
    const { id, orderId } = await givenDecision();
    const returnId = typeid('ret').toString();
    const requestedBy = { requestedByType: 'customer', requestedById: 'cus_1' };
    await db.database.orderReturn.create({ data: { id: returnId, orderId, ...requestedBy } });
    for (const status of statuses) await db.database.orderReturn.update({ where: { id: returnId }, data: { status } });
    const way: OrderStatus[] = ['validated', 'reserved', 'authorised', 'packed', 'paid', 'shipped', 'delivered'];
    for (const status of way) await db.database.order.update({ where: { id: orderId }, data: { status } });
    const data = { workflowId: returnWorkflowIdOf(returnId), updateName: 'authoriseReturn' };
    await db.database.decision.update({ where: { id }, data });
    return id;
  }

  test('stays unsettled as long as the return goes on: it is recovered, and takes the decision then', async () => {
    const id = await givenOnReturn();
    await sweep(async () => ({ kind: 'absent' }));
    expect(await outcomeOf(id)).toBeUndefined();
  });

  test('is settled as refused when the return has ended', async () => {
    const id = await givenOnReturn('rejected');
    await sweep(async () => ({ kind: 'absent' }));
    expect(await outcomeOf(id)).toMatchObject({
      kind: 'refused',
      message: 'It is rejected by now: nothing is to be decided any more.',
    });
  });
});

test('an outcome that whoever asked has written meanwhile stands', async () => {
  const { id } = await givenDecision('validated');
  await sweep(async () => {
    const data = { settledAt: new Date(), outcome: { kind: 'answered', answer: 'first' } };
    await db.database.decision.update({ where: { id }, data });
    return accepted;
  });
  expect(await outcomeOf(id)).toEqual({ kind: 'answered', answer: 'first' });
});

test('one that cannot be sent keeps no other back', async () => {
  const [first, second] = [await givenDecision('validated'), await givenDecision('validated')];
  await sweep(async ({ updateId }) => {
    if (updateId === first.id) throw new Error('14 UNAVAILABLE');
    return accepted;
  });
  expect([await outcomeOf(first.id), await outcomeOf(second.id)]).toEqual([undefined, accepted]);
});

test('one that was decided a moment ago is left to whoever asked', async () => {
  await givenDecision('validated');
  expect(await sweep(async () => accepted, 60_000)).toBe(0);
});
