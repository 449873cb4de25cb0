import { settleDecision } from '../../books/decisions';
import { refusals } from '../../contracts/workflow/decisions';
import type { OrderStatus } from '../../domain/order-status';
import type { UpdateOutcome } from '../../workflow-client/updates';
import {
  admin,
  customer,
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
const { sendUpdate, sent, script } = scriptedUpdates();

beforeAll(async () => {
  api = await startApi({ sendUpdate });
  await givenCatalogue(api.database);
});
afterAll(() => api.close());
beforeEach(async () => {
  orderId = (await api.call('POST', '/v1/orders', { body: orderBody() })).body.id as string;
  sent.length = 0;
  script.answer = () => taken;
});

const taken: UpdateOutcome = { kind: 'answered', answer: null };
const silent: UpdateOutcome = { kind: 'silent' };
const absent: UpdateOutcome = { kind: 'absent' };
const refused = (message: string, field?: string): UpdateOutcome => {
  return { kind: 'refused', type: refusals.notDue, message, ...(field !== undefined && { field }) };
};

/** The two decisions that staff make about orders; the same rules hold for both. */
const DECISIONS = [
  {
    name: 'a resolution',
    path: 'saga/resolutions',
    update: 'resolveStuckStep',
    body: { step: 'authorise-payment', action: 'retry', note: 'the provider is back' },
    told: { step: 'authorise-payment', action: 'retry' },
    problem: 'step-not-stuck',
    field: 'step',
  },
  {
    name: 'a review',
    path: 'review',
    update: 'decideReview',
    body: { decision: 'approve', note: 'a known customer' },
    told: { decision: 'approve' },
    problem: 'not-in-review',
    field: 'decision',
  },
] as const;

describe.each(DECISIONS)('$name', ({ path, update, body, told, problem, field }) => {
  const decide = (options: Parameters<TestApi['call']>[2] = {}) =>
    api.call('POST', `/v1/orders/${orderId}/${path}`, { as: support, body, ...options });

  test('is taken: 202 says which', async () => {
    expect(await decide()).toMatchObject({ status: 202, body: told });
  });

  test('goes to the workflow with the actor and the id of the stored note, never its text', async () => {
    await decide();
    const [{ payload, ...rest }] = sent as [(typeof sent)[number]];
    const noteId = payload.noteId as string;
    expect(rest).toMatchObject({ update, workflowId: `order-${orderId}` });
    expect(payload).toEqual({ ...told, actor: { type: 'support', id: 'sup_1' }, noteId });
    const note = await api.database.note.findUniqueOrThrow({ where: { id: noteId } });
    expect(note).toMatchObject({ orderId, actorType: 'support', actorId: 'sup_1', text: body.note });
  });

  test('may be made by an admin', async () => {
    expect((await decide({ as: admin })).status).toBe(202);
    expect(sent[0]!.payload.actor).toEqual({ type: 'admin', id: 'adm_1' });
  });

  test("is not a customer's to make, of an own order neither", async () => {
    expect(await decide({ as: customer })).toMatchObject({
      status: 403,
      body: { type: 'urn:consign:problem:forbidden' },
    });
    expect(sent).toEqual([]);
  });

  test('of an order that nobody has is answered 404', async () => {
    const reply = await api.call('POST', `/v1/orders/ord_00000000000000000000000000/${path}`, { as: support, body });
    expect(reply.status).toBe(404);
  });

  test('needs a note, for the audit', async () => {
    const { note: _, ...bare } = body;
    expect(await decide({ body: bare })).toMatchObject({ status: 400, body: { errors: [{ field: 'note' }] } });
    expect(await decide({ body: { ...bare, note: ' ' } })).toMatchObject({ status: 400 });
    expect(sent).toEqual([]);
  });

  test('that the workflow refuses is answered 409, with what it says and the field that it names', async () => {
    const message = 'the step is not stuck; stuck is pack/BER';
    script.answer = () => refused(message, 'action');
    expect(await decide()).toMatchObject({
      status: 409,
      body: { type: `urn:consign:problem:${problem}`, detail: message, errors: [{ field: 'action', message }] },
    });
  });

  test('that the workflow refuses without naming a field names the first', async () => {
    script.answer = () => refused('no');
    expect(await decide()).toMatchObject({ status: 409, body: { errors: [{ field }] } });
  });

  test.each<[string, OrderStatus[]]>([
    ['cancelled', ['compensating', 'cancelled']],
    ['delivered', ['validated', 'reserved', 'authorised', 'packed', 'paid', 'shipped', 'delivered']],
  ])('of an order that is %s is answered 409 by the books alone', async (status, statuses) => {
    await moveOrder(api.database, orderId, ...statuses);
    expect(await decide()).toMatchObject({
      status: 409,
      body: { type: `urn:consign:problem:${problem}`, detail: expect.stringContaining(`The order is ${status}`) },
    });
    expect(sent).toEqual([]);
  });

  test('of an order that comes to rest meanwhile is answered 409', async () => {
    script.answer = async () => {
      await moveOrder(api.database, orderId, 'compensating', 'rejected');
      return absent;
    };
    expect(await decide()).toMatchObject({ status: 409, body: { errors: [{ field }] } });
  });

  test.each([silent, absent])('that gets no answer ($kind) is answered 503 with Retry-After', async (outcome) => {
    script.answer = () => outcome;
    const reply = await decide();
    expect(reply).toMatchObject({ status: 503, body: { type: 'urn:consign:problem:unavailable' } });
    expect(reply.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(sent[0]!.timeoutMs).toBe(5000);
  });

  test('is one Update under one Idempotency-Key, and refused with another body', async () => {
    const headers = { 'idempotency-key': `${path}-${orderId}` };
    script.answer = () => silent;
    expect(await decide({ headers })).toMatchObject({ status: 503 });
    script.answer = () => taken;
    expect(await decide({ headers })).toMatchObject({ status: 202, body: told });
    expect(sent[1]).toEqual(sent[0]);
    expect(await decide({ headers, body: { ...body, note: 'something else' } })).toMatchObject({ status: 422 });
    expect(sent).toHaveLength(2);
    expect(await api.database.decision.count({ where: { orderId } })).toBe(1);
  });

  describe('that is repeated under its key is answered as it was carried out', () => {
    const again = () => decide({ headers: { 'idempotency-key': `again-${path}-${orderId}` } });
    const restAs = (status: 'cancelled') => moveOrder(api.database, orderId, 'compensating', status);

    test('also when the order is at rest by then, without asking its workflow', async () => {
      expect(await again()).toMatchObject({ status: 202, body: told });
      await restAs('cancelled');
      expect(await again()).toMatchObject({ status: 202, body: told });
      expect(sent).toHaveLength(1);
    });

    test('also after a 503, by what the workflow or a sweep says of it', async () => {
      script.answer = () => silent;
      expect(await again()).toMatchObject({ status: 503 });
      await settleDecision(api.database.sql, sent[0]!.updateId, { kind: 'answered', answer: null });
      await restAs('cancelled');
      expect(await again()).toMatchObject({ status: 202, body: told });
    });

    test('as it was refused, if it was', async () => {
      script.answer = () => refused('no');
      const first = await again();
      script.answer = () => taken;
      expect(await again()).toMatchObject({ status: 409, body: first.body });
    });

    test('and refused with another body, also of an order at rest', async () => {
      await restAs('cancelled');
      expect(await again()).toMatchObject({ status: 409 });
      const headers = { 'idempotency-key': `again-${path}-${orderId}` };
      expect(await decide({ headers, body: { ...body, note: 'something else' } })).toMatchObject({ status: 422 });
    });
  });

  test('is recorded before it is sent, and left to a sweep while it has no answer', async () => {
    script.answer = () => absent;
    await decide();
    const [{ updateId: id, workflowId, payload }] = sent as [(typeof sent)[number]];
    const recorded = await api.database.decision.findMany({ where: { orderId } });
    expect(recorded).toMatchObject([{ id, workflowId, updateName: update, payload, settledAt: null }]);
  });

  test('that the workflow cannot take yet is a 503, and left to a sweep', async () => {
    script.answer = () => ({ kind: 'refused', type: refusals.notReady, message: 'Ask again in a moment.' });
    expect(await decide()).toMatchObject({ status: 503, body: { detail: 'Ask again in a moment.' } });
    expect(await api.database.decision.findFirst({ where: { orderId } })).toMatchObject({ settledAt: null });
  });
});

test.each([
  [
    'saga/resolutions',
    { step: 'capture', action: 'ignore', note: 'x' },
    'action',
    'must be one of retry, skip, refund',
  ],
  ['saga/resolutions', { action: 'retry', note: 'x' }, 'step', 'is required'],
  ['review', { decision: 'maybe', note: 'x' }, 'decision', 'must be one of approve, reject'],
])('POST %s with %j is refused: %s %s', async (path, body, field, message) => {
  const reply = await api.call('POST', `/v1/orders/${orderId}/${path}`, { as: support, body });
  expect(reply).toMatchObject({ status: 400, body: { errors: [{ field, message }] } });
});
