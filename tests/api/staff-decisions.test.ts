import type { OrderStatus } from '../../domain/order-status';
import type { UpdateOutcome } from '../../workflow-client/order-updates';
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
const { updates, sent, script } = scriptedUpdates();

beforeAll(async () => {
  api = await startApi({ orderUpdates: updates });
  await givenCatalogue(api.database);
});
afterAll(() => api.close());
beforeEach(async () => {
  orderId = (await api.call('POST', '/v1/orders', { body: orderBody() })).body.id as string;
  sent.length = 0;
  script.answer = () => taken;
});

const taken: UpdateOutcome<void> = { kind: 'answered', answer: undefined };
const silent: UpdateOutcome<never> = { kind: 'silent', why: new Error('deadline exceeded') };
const absent: UpdateOutcome<never> = { kind: 'absent' };

/** The two decisions that staff make, which share their manners. */
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
    const [{ input, ...rest }] = sent as [(typeof sent)[number]];
    const noteId = input.noteId ?? '';
    expect(rest).toMatchObject({ update, orderId });
    expect(input).toEqual({ ...told, actor: { type: 'support', id: 'sup_1' }, noteId });
    const note = await api.database.note.findUniqueOrThrow({ where: { id: noteId } });
    expect(note).toMatchObject({ orderId, actorType: 'support', actorId: 'sup_1', text: body.note });
  });

  test('may be made by an admin', async () => {
    expect((await decide({ as: admin })).status).toBe(202);
    expect(sent[0]!.input.actor).toEqual({ type: 'admin', id: 'adm_1' });
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
    script.answer = () => ({ kind: 'refused', message, field: 'action' });
    expect(await decide()).toMatchObject({
      status: 409,
      body: { type: `urn:consign:problem:${problem}`, detail: message, errors: [{ field: 'action', message }] },
    });
  });

  test('that the workflow refuses without naming a field names the first', async () => {
    script.answer = () => ({ kind: 'refused', message: 'no' });
    expect(await decide()).toMatchObject({ status: 409, body: { errors: [{ field }] } });
  });

  test.each<[string, OrderStatus[]]>([
    ['cancelled', ['compensating', 'cancelled']],
    ['delivered', ['validated', 'reserved', 'authorised', 'packed', 'paid', 'shipped', 'delivered']],
  ])('of an order that is %s is answered 409 by the books alone', async (status, statuses) => {
    await moveOrder(api.database, orderId, ...statuses);
    expect(await decide()).toMatchObject({
      status: 409,
      body: { type: `urn:consign:problem:${problem}`, detail: expect.stringContaining(`the order is ${status}`) },
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
    expect(sent[0]!.terms.timeoutMs).toBe(5000);
  });

  test('is one Update under one Idempotency-Key, and refused with another body', async () => {
    const headers = { 'idempotency-key': `${path}-${orderId}` };
    await decide({ headers });
    await decide({ headers });
    expect(new Set(sent.map(({ terms }) => terms.updateId)).size).toBe(1);
    expect(await decide({ headers, body: { ...body, note: 'something else' } })).toMatchObject({ status: 422 });
    expect(sent).toHaveLength(2);
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
