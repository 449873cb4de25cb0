import { defaultLimits } from '../../api/dependencies';
import { settleDecision } from '../../books/decisions';
import { refusals } from '../../contracts/workflow/decisions';
import type { OrderStatus } from '../../domain/order-status';
import type { UpdateOutcome } from '../../workflow-client/updates';
import {
  admin,
  givenCatalogue,
  moveOrder,
  orderBody,
  scriptedUpdates,
  startApi,
  support,
  type TestApi,
} from './support';

let api: TestApi;
let orderId: string;
let whenStarted: (id: string) => Promise<void>;
const { sendUpdate, sent, script } = scriptedUpdates();

beforeAll(async () => {
  api = await startApi({
    sendUpdate,
    startFulfilment: ({ id }) => whenStarted(id),
    limits: { ...defaultLimits, startMs: 50 },
  });
  await givenCatalogue(api.database);
});
afterAll(() => api.close());
beforeEach(async () => {
  whenStarted = () => Promise.resolve();
  orderId = (await api.call('POST', '/v1/orders', { body: orderBody() })).body.id as string;
  sent.length = 0;
});

const answered = (outcome: 'accepted' | 'already_cancelling'): UpdateOutcome => {
  return { kind: 'answered', answer: { outcome } };
};
const refused = (type: keyof typeof refusals, message = 'no'): UpdateOutcome => {
  return { kind: 'refused', type: refusals[type], message };
};
const silent: UpdateOutcome = { kind: 'silent' };
const absent: UpdateOutcome = { kind: 'absent' };

const cancel = (options: Parameters<TestApi['call']>[2] = {}, id = orderId) =>
  api.call('POST', `/v1/orders/${id}/cancel`, { body: { reason: 'ordered twice' }, ...options });

const tooLate = (id: string) => ({
  status: 409,
  body: {
    type: 'urn:consign:problem:too-late-to-cancel',
    outcome: 'too_late',
    links: { returns: `/v1/orders/${id}/returns` },
  },
});
const noAnswer = { status: 503, body: { type: 'urn:consign:problem:unavailable' } };

describe("the workflow's answer is told", () => {
  test.each([
    ['accepted', 202, answered('accepted')],
    ['already_cancelling', 200, answered('already_cancelling')],
    ['already_cancelling', 200, refused('alreadyCancelling')],
  ])('%s with %i', async (outcome, status, answer) => {
    script.answer = () => answer;
    expect(await cancel()).toMatchObject({ status, body: { outcome } });
  });

  test('too_late with 409, and where to return the goods', async () => {
    script.answer = () => refused('tooLate');
    const reply = await cancel();
    expect(reply).toMatchObject(tooLate(orderId));
    expect(reply.headers.get('content-type')).toMatch('application/problem+json');
  });
});

test('the reason is stored before the Update is sent, and only its id and the actor travel', async () => {
  let note: unknown;
  script.answer = async ({ payload }) => {
    note = await api.database.note.findUnique({ where: { id: payload.noteId } });
    return answered('accepted');
  };
  await cancel({ body: { reason: '  ordered twice ' } });
  expect(note).toMatchObject({ orderId, actorType: 'customer', actorId: 'cus_1', text: 'ordered twice' });
  const { payload, ...update } = sent[0]!;
  expect(update).toMatchObject({ update: 'cancelOrder', workflowId: `order-${orderId}` });
  expect(payload).toEqual({ actor: { type: 'customer', id: 'cus_1' }, noteId: expect.stringMatching(/^note_/) });
});

const decisions = () => api.database.decision.findMany({ where: { orderId }, orderBy: { decidedAt: 'asc' } });

describe('the decision is recorded', () => {
  test('before the Update is sent, as it is sent, and settled with its answer', async () => {
    let before: unknown[] = [];
    script.answer = async () => {
      before = await decisions();
      return answered('accepted');
    };
    await cancel();
    const { workflowId, update, payload, updateId } = sent[0]!;
    expect(before).toMatchObject([
      { id: updateId, workflowId, updateName: update, payload, settledAt: null, outcome: null },
    ]);
    expect(await decisions()).toMatchObject([{ settledAt: expect.any(Date), outcome: answered('accepted') }]);
  });

  test.each([silent, absent, refused('notReady')])(
    'and left unsettled for a sweep without an answer (%j)',
    async (outcome) => {
      script.answer = () => outcome;
      expect(await cancel()).toMatchObject(noAnswer);
      expect(await decisions()).toMatchObject([{ settledAt: null, outcome: null }]);
    },
  );
});

test.each([{}, { reason: null }, undefined])('a reason may be left out: %j', async (body) => {
  script.answer = () => answered('accepted');
  expect((await cancel({ body })).status).toBe(202);
  expect(sent[0]!.payload.noteId).toBeNull();
  expect(await api.database.note.count({ where: { orderId } })).toBe(0);
});

test.each([
  ['reason', 'an empty reason', { reason: '' }],
  ['reason', 'a blank reason', { reason: '   ' }],
  ['reason', 'a reason of 501 characters', { reason: 'x'.repeat(501) }],
  ['reason', 'a reason that is no text', { reason: 7 }],
  ['refund', 'a field that is not known', { reason: 'a', refund: true }],
])('the field %s is named where there is %s', async (field, _, body) => {
  const reply = await cancel({ body });
  expect(reply.status).toBe(400);
  expect(new Set((reply.body.errors as { field: string }[]).map((error) => error.field))).toEqual(new Set([field]));
  expect(sent).toEqual([]);
});

test('a reason may have several lines, stored with one kind of line break', async () => {
  script.answer = () => answered('accepted');
  expect((await cancel({ body: { reason: ' ordered twice\r\nsee mail\n' } })).status).toBe(202);
  expect((await api.database.note.findFirstOrThrow({ where: { orderId } })).text).toBe('ordered twice\nsee mail');
});

test('a reason may have 500 characters', async () => {
  script.answer = () => answered('accepted');
  expect((await cancel({ body: { reason: 'x'.repeat(500) } })).status).toBe(202);
});

describe('whose order it is', () => {
  test("another customer's is answered 404, and nothing is asked", async () => {
    expect((await cancel({ as: { role: 'customer', subject: 'cus_2' } })).status).toBe(404);
    expect(sent).toEqual([]);
    expect(await api.database.note.count({ where: { orderId } })).toBe(0);
  });

  test.each([support, admin])('does not matter to the role $role, who is told to the workflow', async (as) => {
    script.answer = () => answered('accepted');
    expect((await cancel({ as })).status).toBe(202);
    expect(sent[0]!.payload.actor).toEqual({ type: as.role, id: as.subject });
  });

  test('an order that nobody has is answered 404', async () => {
    expect((await cancel({}, 'ord_00000000000000000000000000')).status).toBe(404);
  });
});

describe('an order at rest is answered from the books alone', () => {
  const UNDOING: Record<string, OrderStatus[]> = {
    cancelled: ['compensating', 'cancelled'],
    rejected: ['compensating', 'rejected'],
    expired: ['compensating', 'expired'],
    failed: ['compensating', 'failed'],
  };
  test.each(Object.entries(UNDOING))('%s: already_cancelling', async (_, statuses) => {
    await moveOrder(api.database, orderId, ...statuses);
    expect(await cancel()).toMatchObject({ status: 200, body: { outcome: 'already_cancelling' } });
    expect(sent).toEqual([]);
    expect(await decisions()).toMatchObject([{ settledAt: expect.any(Date) }]);
  });

  test('with an Idempotency-Key, which is stored then: another body under it is refused', async () => {
    await moveOrder(api.database, orderId, 'compensating', 'rejected');
    const headers = { 'idempotency-key': `at-rest-${orderId}` };
    const first = await cancel({ headers });
    expect(first).toMatchObject({ status: 200, body: { outcome: 'already_cancelling' } });
    expect(await cancel({ headers })).toMatchObject({ status: 200, text: first.text });
    expect(await cancel({ headers, body: { reason: 'changed my mind' } })).toMatchObject({ status: 422 });
    expect(await decisions()).toHaveLength(1);
  });

  test.each([
    ['delivered', []],
    ['returned', ['returned']],
  ] as const)('%s: too late', async (_, further) => {
    const forward = ['validated', 'reserved', 'authorised', 'packed', 'paid', 'shipped', 'delivered'] as const;
    await moveOrder(api.database, orderId, ...forward, ...further);
    expect(await cancel()).toMatchObject(tooLate(orderId));
    expect(sent).toEqual([]);
  });
});

test("too late it is, whatever the workflow answers that lost a task, where the books know of the order's capture", async () => {
  await moveOrder(api.database, orderId, 'validated', 'reserved', 'authorised', 'packed', 'paid');
  script.answer = () => answered('accepted');
  expect(await cancel()).toMatchObject(tooLate(orderId));
  script.answer = () => refused('alreadyCancelling');
  expect(await cancel()).toMatchObject(tooLate(orderId));
});

describe('where the workflow gives no answer', () => {
  const PROVEN: [OrderStatus[], object][] = [
    [['compensating'], { status: 200, body: { outcome: 'already_cancelling' } }],
    [['validated', 'reserved', 'authorised', 'packed', 'paid'], { status: 409, body: { outcome: 'too_late' } }],
    [['validated', 'reserved', 'authorised', 'packed', 'paid', 'shipped'], { status: 409 }],
    [['validated'], noAnswer],
    [['validated', 'reserved', 'authorised', 'packed'], noAnswer],
    [['compensating', 'needs_attention'], noAnswer],
  ];
  describe.each([silent, absent])('($kind)', (outcome) => {
    test.each(PROVEN)('the books answer for %j what they prove', async (statuses, reply) => {
      await moveOrder(api.database, orderId, ...statuses);
      script.answer = () => outcome;
      expect(await cancel()).toMatchObject(reply);
    });
  });

  test('an order that came to rest meanwhile is told so', async () => {
    await moveOrder(api.database, orderId, 'validated');
    script.answer = async () => {
      await moveOrder(api.database, orderId, 'compensating', 'rejected');
      return absent;
    };
    expect(await cancel()).toMatchObject({ status: 200, body: { outcome: 'already_cancelling' } });
  });

  test('since it was stopped, that is said, and that a sweep carries the decision out within a minute', async () => {
    await moveOrder(api.database, orderId, 'validated');
    script.answer = () => absent;
    const reply = await cancel();
    expect(reply).toMatchObject({
      ...noAnswer,
      body: { detail: expect.stringContaining('it was stopped from outside') },
    });
    expect(reply.headers.get('retry-after')).toBe('60');
  });

  test('it is waited for as long as the limit says, and the client is told when to ask again', async () => {
    script.answer = () => silent;
    const reply = await cancel();
    expect(reply).toMatchObject(noAnswer);
    expect(reply.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(sent[0]!.timeoutMs).toBeGreaterThan(4000);
    expect(sent[0]!.timeoutMs).toBeLessThanOrEqual(5000);
  });
});

describe('an order without a workflow, accepted while Temporal was down,', () => {
  let running: boolean;
  beforeEach(() => {
    running = false;
    script.answer = () => (running ? answered('accepted') : absent);
  });

  test('is started and then asked, within the same time', async () => {
    const starts: string[] = [];
    whenStarted = async (id) => {
      starts.push(id);
      running = true;
    };
    expect(await cancel()).toMatchObject({ status: 202, body: { outcome: 'accepted' } });
    expect(starts).toEqual([orderId]);
    expect(sent).toHaveLength(1);
  });

  test.each([
    ['cannot be reached', () => Promise.reject(new Error('14 UNAVAILABLE'))],
    ['does not answer', () => new Promise<void>(() => undefined)],
  ])('is told 503 where Temporal still %s', async (_, start) => {
    whenStarted = start;
    expect(await cancel()).toMatchObject(noAnswer);
    expect(sent[0]!.timeoutMs).toBeLessThan(defaultLimits.updateMs);
  });

  test('is left to a sweep where its workflow had begun, since that would start it anew', async () => {
    const starts: string[] = [];
    whenStarted = async (id) => void starts.push(id);
    await moveOrder(api.database, orderId, 'validated');
    expect(await cancel()).toMatchObject(noAnswer);
    expect(starts).toEqual([]);
  });
});

describe('the id of the Update', () => {
  const withKey = (key: string, body: object = { reason: 'ordered twice' }) =>
    cancel({ body, headers: { 'idempotency-key': key } });
  beforeEach(() => {
    script.answer = () => answered('accepted');
  });

  test('is the same for equal requests under one key, which leave one note', async () => {
    const key = `same-${orderId}`;
    script.answer = () => silent;
    await withKey(key);
    script.answer = () => answered('accepted');
    expect(await withKey(key)).toMatchObject({ status: 202 });
    const [first, second] = sent;
    expect(second).toEqual({ ...first, timeoutMs: second!.timeoutMs });
    expect(await api.database.note.count({ where: { orderId } })).toBe(1);
    expect(await decisions()).toHaveLength(1);
  });

  test('is another for each request without a key', async () => {
    await cancel();
    await cancel();
    expect(new Set(sent.map(({ updateId }) => updateId)).size).toBe(2);
  });

  test('is another for another caller with the same key', async () => {
    const key = `shared-${orderId}`;
    await withKey(key);
    await cancel({ as: support, headers: { 'idempotency-key': key } });
    expect(new Set(sent.map(({ updateId }) => updateId)).size).toBe(2);
  });

  test('is not given for a key that came with another request', async () => {
    const key = `reused-${orderId}`;
    await withKey(key);
    const other = await withKey(key, { reason: 'changed my mind' });
    expect(other).toMatchObject({ status: 422, body: { errors: [{ field: 'Idempotency-Key' }] } });
    const placed = await api.call('POST', '/v1/orders', { body: orderBody(), headers: { 'idempotency-key': key } });
    expect(placed.status).toBe(422);
    expect(sent).toHaveLength(1);
  });

  test('is not given for the key of another order', async () => {
    const key = `orders-${orderId}`;
    await withKey(key);
    const second = (await api.call('POST', '/v1/orders', { body: orderBody() })).body.id as string;
    expect((await cancel({ headers: { 'idempotency-key': key } }, second)).status).toBe(422);
  });
});

describe('a workflow that cannot say yet', () => {
  beforeEach(() => {
    script.answer = () => refused('notReady', 'The order is being recovered: ask again in a moment.');
  });

  test('is asked again later: 503 with what it says', async () => {
    const reply = await cancel();
    expect(reply).toMatchObject({
      ...noAnswer,
      body: { detail: 'The order is being recovered: ask again in a moment.' },
    });
    expect(reply.headers.get('retry-after')).toMatch(/^\d+$/);
  });

  test('does not keep back what the books prove', async () => {
    await moveOrder(api.database, orderId, 'compensating');
    expect(await cancel()).toMatchObject({ status: 200, body: { outcome: 'already_cancelling' } });
  });
});

describe('a cancel that is repeated under its key is answered as it was carried out', () => {
  const again = () => cancel({ headers: { 'idempotency-key': `again-${orderId}` } });
  const accepted = { status: 202, body: { outcome: 'accepted' } };
  const undone = () => moveOrder(api.database, orderId, 'compensating', 'cancelled');

  test('also when the order is undone by then, without asking its workflow', async () => {
    script.answer = () => answered('accepted');
    expect(await again()).toMatchObject(accepted);
    await undone();
    script.answer = () => absent;
    expect(await again()).toMatchObject(accepted);
    expect(sent).toHaveLength(1);
  });

  test('also after a 503, by what the workflow remembers of it', async () => {
    script.answer = () => silent;
    expect(await again()).toMatchObject(noAnswer);
    await undone();
    script.answer = () => answered('accepted');
    expect(await again()).toMatchObject(accepted);
    expect(sent[1]!.updateId).toBe(sent[0]!.updateId);
  });

  test('also after a 503, by what a sweep has learnt since', async () => {
    script.answer = () => silent;
    expect(await again()).toMatchObject(noAnswer);
    await settleDecision(api.database.sql, sent[0]!.updateId, answered('accepted'));
    await undone();
    expect(await again()).toMatchObject(accepted);
    expect(sent).toHaveLength(1);
  });

  test('or by the books, where the order came to rest before it could be', async () => {
    script.answer = () => absent;
    expect(await again()).toMatchObject(noAnswer);
    await moveOrder(api.database, orderId, 'compensating', 'rejected');
    await settleDecision(api.database.sql, sent[0]!.updateId, refused('notDue'));
    expect(await again()).toMatchObject({ status: 200, body: { outcome: 'already_cancelling' } });
  });
});
