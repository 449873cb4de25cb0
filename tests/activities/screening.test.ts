import { createScreeningActivities } from '../../activities/order/validate';
import { createUnwindingActivities } from '../../activities/order/unwinding';
import { StepLedger } from '../../activities/ledger/step-ledger';
import type { ScreeningVerdict } from '../../adapters/ports';
import { runActivity } from '../support/activity';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { givenOrder, givenStock } from '../support/given';

let db: TestDatabase;
let orderId: string;
let verdict: ScreeningVerdict;
let asked: number;

const limits = { partyTimeoutMs: 1000, patienceMs: 1000 };

beforeAll(async () => {
  db = await createTestDatabase();
  await givenStock(db.database, { 'MUG-001': { BER: 10 } });
});
afterAll(() => db.drop());
beforeEach(async () => {
  ({ orderId } = await givenOrder(db.database));
  asked = 0;
});

const activities = () =>
  createScreeningActivities({
    ledger: new StepLedger(db.database),
    screening: {
      screen: () => {
        asked += 1;
        return Promise.resolve(verdict);
      },
    },
  });
const validate = () => runActivity(activities().validateOrder, [{ orderId, limits }]);

/** Notes stay, so each has an id of its own. */
async function givenNote(text: string): Promise<string> {
  const id = `note_${orderId}`;
  await db.database.note.create({ data: { id, orderId, actorType: 'support', actorId: 'sup_1', text } });
  return id;
}

const actor = { type: 'support', id: 'sup_1' } as const;

async function books() {
  const [order, timeline, events] = await Promise.all([
    db.database.order.findUniqueOrThrow({ where: { id: orderId } }),
    db.database.timelineEntry.findMany({ where: { orderId }, orderBy: { id: 'asc' } }),
    db.database.outboxEvent.findMany({ where: { key: orderId }, orderBy: { id: 'asc' } }),
  ]);
  return { status: order.status, last: timeline.at(-1), topics: events.map(({ topic }) => topic) };
}

test.each([
  ['passed', 'validated', 'orders.validated'],
  ['review', 'in_review', 'orders.held'],
] as const)('an order of the verdict %s becomes %s and tells %s', async (said, status, topic) => {
  verdict = said;
  expect(await validate()).toEqual({ verdict: said });
  expect(await books()).toMatchObject({ status, last: { step: 'validate', status }, topics: [topic] });
});

test('a verdict is kept: screening is not asked again', async () => {
  verdict = 'review';
  await validate();
  verdict = 'passed';
  expect(await validate()).toEqual({ verdict: 'review' });
  expect(asked).toBe(1);
});

test.each([
  ['staff refused the order in a review; a known fraud', 'a known fraud'],
  ['staff refused the order in a review', undefined],
])('a rejected review says so in the timeline, with who rejected it: %s', async (told, text) => {
  verdict = 'review';
  await validate();
  const noteId = text === undefined ? null : await givenNote(text);
  const unwinding = { orderId, reason: 'screening_refused', decision: { actor, noteId } } as const;
  await runActivity(createUnwindingActivities({ database: db.database }).beginUnwinding, [unwinding]);
  expect((await books()).last).toMatchObject({ actorType: 'support', actorId: 'sup_1', note: told });
});

describe('an approved review', () => {
  beforeEach(async () => {
    verdict = 'review';
    await validate();
  });

  test('lets the order go on, with who approved it and their note in the timeline', async () => {
    const noteId = await givenNote('known customer');
    await runActivity(activities().approveReview, [{ orderId, actor, noteId }]);
    expect(await books()).toMatchObject({
      status: 'validated',
      last: { step: 'review', status: 'validated', actorType: 'support', actorId: 'sup_1', note: 'known customer' },
      topics: ['orders.held', 'orders.validated'],
    });
  });

  test('may come without a note', async () => {
    await runActivity(activities().approveReview, [{ orderId, actor, noteId: null }]);
    expect(await books()).toMatchObject({ status: 'validated', last: { actorId: 'sup_1', note: null } });
  });

  test('is written once', async () => {
    const noteId = await givenNote('known customer');
    await runActivity(activities().approveReview, [{ orderId, actor, noteId }]);
    await runActivity(activities().approveReview, [{ orderId, actor, noteId }]);
    expect((await books()).topics).toEqual(['orders.held', 'orders.validated']);
  });

  test('is refused behind the fence', async () => {
    await db.database.order.update({ where: { id: orderId }, data: { fenced: true } });
    const approval = runActivity(activities().approveReview, [{ orderId, actor, noteId: null }]);
    await expect(approval).rejects.toMatchObject({ type: 'StepFenced' });
    expect(await books()).toMatchObject({ status: 'in_review', topics: ['orders.held'] });
  });
});
