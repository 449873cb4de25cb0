import { createSweepActivities, type SweptWorkflows } from '../../activities/sweeps/sweeps';
import { outcomeOf, storeDecision } from '../../books/decisions';
import { refusals } from '../../contracts/workflow/decisions';
import { returnWorkflowIdOf, undoWorkflowIdOf, workflowIdOf } from '../../contracts/workflow/ids';
import type { ReturnStatus } from '../../domain/return-status';
import { runActivity } from '../support/activity';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { givenDelivered, givenShelf } from '../support/given-delivered';

const RETURN = 'ret_1';
const STRAY = { kind: 'stray-label', parcel: 'BER', carrier: 'nordpost' } as const;

let db: TestDatabase;
let orderId: string;
let answer: Awaited<ReturnType<SweptWorkflows['resend']>>;
const sent: unknown[] = [];

beforeEach(async () => {
  db = await createTestDatabase();
  await givenShelf(db);
  orderId = await givenDelivered(db);
  answer = 'absent';
  sent.length = 0;
});
afterEach(() => db.drop());

const { never, ages } = {
  never: () => Promise.reject(new Error('nobody asks for this')),
  ages: { unstartedMs: 0, quietMs: 0, owedMs: 0, surplusMs: 0, scanMs: 0 },
};

async function sweep(): Promise<void> {
  const resend: SweptWorkflows['resend'] = async (decision) => {
    sent.push(decision);
    return answer;
  };
  const workflows = { ...({} as SweptWorkflows), resend };
  const sweeps = createSweepActivities({ database: db.database, carriers: [], workflows, sendMessages: never, ages });
  await runActivity(sweeps.settleDecisions, []);
}

const decided = async (workflowId: string, update: string) => {
  const decision = { id: 'note_1', orderId, workflowId, update, payload: { noteId: null } };
  await storeDecision(db.database.sql, decision);
  return decision;
};

const outcome = () => outcomeOf(db.database.sql, 'note_1');
const notDue = { kind: 'refused', type: refusals.notDue };

async function givenReturn(...statuses: ReturnStatus[]): Promise<void> {
  const requestedBy = { requestedByType: 'customer', requestedById: 'cus_1' };
  const lines = { create: { sku: 'MUG-001', quantity: 1 } };
  await db.database.orderReturn.create({ data: { id: RETURN, orderId, ...requestedBy, lines } });
  for (const status of statuses) await db.database.orderReturn.update({ where: { id: RETURN }, data: { status } });
}

test('a decision is sent again as it was, and settled with its answer', async () => {
  const decision = await decided(workflowIdOf(orderId), 'cancelOrder');
  answer = { kind: 'answered' };
  await sweep();
  expect(sent).toMatchObject([decision]);
  expect(await outcome()).toEqual(answer);
  await sweep();
  expect(sent).toHaveLength(1);
});

test('one without an answer is sent again', async () => {
  await decided(workflowIdOf(orderId), 'cancelOrder');
  answer = undefined;
  await sweep();
  await sweep();
  expect(sent).toHaveLength(2);
  expect(await outcome()).toBeUndefined();
});

test('one about an order that is at rest, and has no workflow any more, is settled as not due', async () => {
  await decided(workflowIdOf(orderId), 'cancelOrder');
  await sweep();
  expect(await outcome()).toMatchObject(notDue);
});

test('one about a return that is open waits for its workflow, although the order is at rest', async () => {
  await givenReturn();
  await decided(returnWorkflowIdOf(RETURN), 'authoriseReturn');
  await sweep();
  expect(await outcome()).toBeUndefined();
});

test('one about a return that has ended is settled as not due', async () => {
  await givenReturn('rejected');
  await decided(returnWorkflowIdOf(RETURN), 'authoriseReturn');
  await sweep();
  expect(await outcome()).toMatchObject(notDue);
});

test('one about a late undo waits for its workflow while the undo is stuck', async () => {
  const workflowId = undoWorkflowIdOf(orderId, STRAY);
  const row = { orderId, step: 'stray-label/BER/nordpost', reason: 'refused', actions: ['skip'], workflowId };
  await db.database.stuckStep.create({ data: row });
  await decided(workflowId, 'resolveStuckStep');
  await sweep();
  expect(await outcome()).toBeUndefined();
  await db.database.stuckStep.updateMany({ data: { resolvedAt: new Date() } });
  await sweep();
  expect(await outcome()).toMatchObject(notDue);
});
