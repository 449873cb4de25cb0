import { createStopActivities } from '../../activities/order/stop-order';
import { createValidateActivities } from '../../activities/order/validate';
import { StepLedger } from '../../activities/ledger/step-ledger';
import type { ScreeningVerdict } from '../../adapters/ports';
import { createSandboxParties } from '../../adapters/sandbox';
import type { ReviewDecision } from '../../contracts/workflow/decisions';
import { runActivity } from '../support/activity';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { givenOrder, givenStock } from '../support/given';
import { stopOf } from './books';

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
  createValidateActivities({
    ledger: new StepLedger(db.database),
    screening: {
      screen: () => {
        asked += 1;
        return Promise.resolve(verdict);
      },
    },
  });
const REVIEW_MS = 3_600_000;
const validate = (reviewMs = REVIEW_MS) => runActivity(activities().validateOrder, [{ orderId, limits, reviewMs }]);

const approve = (over: Partial<ReviewDecision> = {}) => {
  const review: ReviewDecision = { actor, noteId: null, decision: 'approve', ...over };
  return runActivity(activities().approveReview, [{ orderId, limits, review }]);
};

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
  return {
    status: order.status,
    last: timeline.at(-1),
    told: timeline.find((entry) => entry.status === 'compensating'),
    topics: events.map(({ topic }) => topic),
  };
}

test.each([
  ['passed', 'validated', 'orders.validated'],
  ['review', 'in_review', 'orders.held'],
] as const)('an order of the verdict %s becomes %s and tells %s', async (said, status, topic) => {
  verdict = said;
  expect(await validate()).toMatchObject({ verdict: said });
  expect(await books()).toMatchObject({ status, last: { step: 'validate', status }, topics: [topic] });
});

test('a verdict is kept: screening is not asked again', async () => {
  verdict = 'review';
  await validate();
  verdict = 'passed';
  expect(await validate()).toMatchObject({ verdict: 'review' });
  expect(asked).toBe(1);
});

describe('an order in review', () => {
  beforeEach(() => {
    verdict = 'review';
  });

  test('is held for as long as the policy says, from its screening on', async () => {
    const { heldForMs } = await validate();
    expect(heldForMs).toBeGreaterThan(0);
    expect(heldForMs).toBeLessThanOrEqual(REVIEW_MS);
    await db.database.$executeRaw`
      UPDATE orders.saga_step SET applied_at = applied_at - interval '59 minutes' WHERE order_id = ${orderId}`;
    expect((await validate()).heldForMs).toBeLessThanOrEqual(60_000);
  });

  test('is held a moment still when its time is over, so that a decision under way is heard', async () => {
    await validate();
    await db.database.$executeRaw`
      UPDATE orders.saga_step SET applied_at = applied_at - interval '2 hours' WHERE order_id = ${orderId}`;
    expect(await validate()).toEqual({ verdict: 'review', heldForMs: 1 });
  });

  test('is held no more once it was approved, also in a later run', async () => {
    await validate();
    await approve();
    expect(await validate()).toEqual({ verdict: 'passed', heldForMs: 0 });
  });
});

test('an order that screening passed is not held', async () => {
  verdict = 'passed';
  expect(await validate()).toEqual({ verdict: 'passed', heldForMs: 0 });
});

test('an order of a product that is sold no more is refused, and nobody is asked', async () => {
  await db.database.product.update({ where: { sku: 'MUG-001' }, data: { active: false } });
  const refusal = validate();
  await expect(refusal).rejects.toMatchObject({ type: 'Refused', details: [{ reason: 'product_unavailable' }] });
  expect(asked).toBe(0);
  await db.database.product.update({ where: { sku: 'MUG-001' }, data: { active: true } });
});

test.each([
  ['staff refused the order in a review; a known fraud', 'a known fraud'],
  ['staff refused the order in a review', undefined],
])('a rejected review says so in the timeline, with who rejected it: %s', async (told, text) => {
  verdict = 'review';
  await validate();
  const noteId = text === undefined ? null : await givenNote(text);
  const { payment } = createSandboxParties(db.database);
  const stop = stopOf(createStopActivities({ ledger: new StepLedger(db.database), payment }));
  await stop(orderId, { reason: 'screening_refused', decision: { actor, noteId } });
  expect((await books()).told).toMatchObject({ actorType: 'support', actorId: 'sup_1', note: told });
});

describe('an approved review', () => {
  beforeEach(async () => {
    verdict = 'review';
    await validate();
  });

  test('lets the order go on, with who approved it and their note in the timeline', async () => {
    const noteId = await givenNote('known customer');
    await approve({ noteId });
    expect(await books()).toMatchObject({
      status: 'validated',
      last: { step: 'review', status: 'validated', actorType: 'support', actorId: 'sup_1', note: 'known customer' },
      topics: ['orders.held', 'orders.validated'],
    });
  });

  test('may come with its note in it, as from the Temporal UI', async () => {
    await approve({ note: 'known customer' });
    expect((await books()).last).toMatchObject({ actorId: 'sup_1', note: 'known customer' });
  });

  test('may come without a note', async () => {
    await approve();
    expect(await books()).toMatchObject({ status: 'validated', last: { actorId: 'sup_1', note: null } });
  });

  test('is written once', async () => {
    const noteId = await givenNote('known customer');
    await approve({ noteId });
    await approve({ noteId });
    expect((await books()).topics).toEqual(['orders.held', 'orders.validated']);
  });

  test('is refused behind the fence', async () => {
    await db.database.order.update({ where: { id: orderId }, data: { fenced: true } });
    await expect(approve()).rejects.toMatchObject({ type: 'StepFenced' });
    expect(await books()).toMatchObject({ status: 'in_review', topics: ['orders.held'] });
  });
});
