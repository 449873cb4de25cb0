import { defaultLimits } from '../../api/dependencies';
import { returnResource } from '../../contracts/http/return';
import { refusals, returnInspection } from '../../contracts/workflow/decisions';
import type { ReturnStatus } from '../../domain/return-status';
import type { StartedReturn } from '../../contracts/workflow/return';
import { givenDelivered, givenShelf } from '../support/given-delivered';
import {
  admin,
  customer,
  givenCatalogue,
  orderBody,
  scriptedUpdates,
  startApi,
  support,
  type CallOptions,
  type TestApi,
} from './support';

let api: TestApi;
let orderId: string;
const workflows = scriptedUpdates();
const started: StartedReturn[] = [];
const startReturn = { run: async (returned: StartedReturn): Promise<void> => void started.push(returned) };

beforeAll(async () => {
  api = await startApi({
    startReturn: (returned) => startReturn.run(returned),
    sendUpdate: workflows.sendUpdate,
    limits: { ...defaultLimits, startMs: 200 },
  });
  await givenCatalogue(api.database);
  await api.database.warehouse.deleteMany();
  await givenShelf({ url: api.databaseUrl });
  await api.database.stockLevel.updateMany({ data: { onHand: 1000 } });
});
afterAll(() => api.close());
beforeEach(async () => {
  orderId = await givenDelivered({ url: api.databaseUrl });
  workflows.script.answer = () => ({ kind: 'answered', answer: null });
  workflows.sent.length = 0;
});

const stranger = { role: 'customer', subject: 'cus_2' } as const;
const body = (quantity: number, over: object = {}) => {
  return { lines: [{ sku: 'MUG-001', quantity }], reason: 'it is chipped', ...over };
};
const ask = (sent: unknown, options: CallOptions = {}) =>
  api.call('POST', `/v1/orders/${orderId}/returns`, { body: sent, ...options });

/** A return of two mugs that staff have taken as far as `status`. */
async function givenReturn(...statuses: ReturnStatus[]): Promise<string> {
  const { id } = (await ask(body(2))).body as { id: string };
  for (const status of statuses) await api.database.orderReturn.update({ where: { id }, data: { status } });
  return id;
}

describe('asking for a return', () => {
  test('is answered 202 with the return and its Location, and its workflow is started', async () => {
    const reply = await ask(body(1));
    expect(reply.status).toBe(202);
    const returned = returnResource.parse(reply.body);
    expect(reply.headers.get('location')).toBe(`/v1/returns/${returned.id}`);
    expect(returned).toMatchObject({
      orderId,
      status: 'requested',
      lines: [{ sku: 'MUG-001', quantity: 1, restocked: 0, writtenOff: 0, warehouse: null }],
      refund: { due: null, decided: null, refundedAt: null },
      receiveBy: null,
      links: { self: `/v1/returns/${returned.id}`, order: `/v1/orders/${orderId}` },
    });
    expect((await api.call('GET', returned.links.self)).text).toBe(reply.text);
    expect(started.at(-1)).toEqual({
      returnId: returned.id,
      orderId,
      status: 'requested',
      lines: [{ sku: 'MUG-001', quantity: 1 }],
    });
  });

  test('keeps the reason in the books and the timeline, and out of the workflow', async () => {
    await ask(body(1));
    const notes = await api.database.note.findMany({ where: { orderId } });
    expect(notes).toMatchObject([{ text: 'it is chipped', actorType: 'customer', actorId: 'cus_1' }]);
    const timeline = await api.call('GET', `/v1/orders/${orderId}/timeline`);
    const last = (timeline.body.items as unknown[]).at(-1);
    expect(last).toMatchObject({
      actor: { id: 'cus_1' },
      note: 'return requested: it is chipped',
    });
    expect(JSON.stringify(started)).not.toContain('chipped');
  });

  test.each([
    ['a customer of their own order', customer, 202],
    ['support', support, 202],
    ['an admin', admin, 202],
    ["a customer of another's order", stranger, 404],
  ])('is for %s', async (_, as, status) => {
    expect((await ask(body(1), { as })).status).toBe(status);
  });

  test('of an order that is not delivered is refused, and names it', async () => {
    const placed = await api.call('POST', '/v1/orders', { body: orderBody() });
    const reply = await api.call('POST', `${placed.body.links.self}/returns`, { body: body(1) });
    const message = 'must be of a delivered order; this one is created';
    expect(reply).toMatchObject({
      status: 409,
      body: { type: 'urn:consign:problem:order-not-delivered', errors: [{ field: 'orderId', message }] },
    });
  });

  test.each([
    ['more than was delivered', [], 3, 'must be at most 2, as many as are left'],
    ['more than is left beside an open return', [1], 2, 'must be at most 1, as many as are left'],
    ['anything, when all is being returned', [2], 1, 'nothing of MUG-001 is left to return'],
  ])('of %s is refused, and names the line', async (_, before, quantity, message) => {
    for (const earlier of before) await ask(body(earlier));
    expect(await ask(body(quantity))).toMatchObject({
      status: 409,
      body: { type: 'urn:consign:problem:not-returnable', errors: [{ field: 'lines[0].quantity', message }] },
    });
  });

  test.each([
    ['a sku that the order has not', { lines: [{ sku: 'CAP-001', quantity: 1 }] }, 'lines[0].sku'],
    ['no line', { lines: [] }, 'lines'],
    ['no unit', { lines: [{ sku: 'MUG-001', quantity: 0 }] }, 'lines[0].quantity'],
    ['no reason', { reason: ' ' }, 'reason'],
    ['a field that is not known', { refund: 1 }, 'refund'],
  ])('with %s is refused, and names the field', async (_, over, field) => {
    const reply = await ask(body(1, over));
    expect(reply.status).toBe(400);
    expect(reply.body.errors).toMatchObject([{ field }]);
  });

  test('that comes again under its key gets the stored answer, and no second return', async () => {
    const headers = { 'idempotency-key': `again-${orderId}` };
    const first = await ask(body(1), { headers });
    const again = await ask(body(1), { headers });
    expect([again.status, again.text]).toEqual([202, first.text]);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(await api.database.orderReturn.count({ where: { orderId } })).toBe(1);
    expect(await ask(body(2), { headers })).toMatchObject({ status: 422 });
  });

  test('by many at once never takes more than was delivered', async () => {
    const replies = await Promise.all(Array.from({ length: 6 }, () => ask(body(1))));
    expect(replies.map(({ status }) => status).sort()).toEqual([202, 202, 409, 409, 409, 409]);
  });

  test('is accepted while Temporal cannot be reached, for a sweep to start', async () => {
    const before = startReturn.run;
    startReturn.run = () => Promise.reject(new Error('14 UNAVAILABLE'));
    const reply = await ask(body(1));
    startReturn.run = before;
    expect(reply.status).toBe(202);
    expect(await api.database.orderReturn.findUnique({ where: { id: reply.body.id } })).toMatchObject({
      sweptAt: null,
    });
  });
});

describe('reading returns', () => {
  test("an order's returns are listed newest first, a page at a time", async () => {
    const ids = [(await ask(body(1))).body.id, (await ask(body(1))).body.id];
    const first = await api.call('GET', `/v1/orders/${orderId}/returns?limit=1`);
    expect(first.body.items).toMatchObject([{ id: ids[1] }]);
    const next = await api.call('GET', `/v1/orders/${orderId}/returns?limit=1&cursor=${first.body.nextCursor}`);
    expect(next.body).toMatchObject({ items: [{ id: ids[0] }], nextCursor: null });
  });

  test("another customer's returns are not there", async () => {
    const id = await givenReturn();
    const read = (path: string) => api.call('GET', path, { as: stranger });
    expect((await read(`/v1/returns/${id}`)).status).toBe(404);
    expect((await read(`/v1/orders/${orderId}/returns`)).status).toBe(404);
    expect((await api.call('GET', `/v1/returns/${id}`, { as: support })).status).toBe(200);
  });
});

const decide = (id: string, decision: string, sent: object = {}, options: CallOptions = {}) =>
  api.call('POST', `/v1/returns/${id}/${decision}`, { as: support, body: sent, ...options });

describe('deciding on returns', () => {
  test.each([
    ['authorise', 'authoriseReturn'],
    ['reject', 'rejectReturn'],
    ['receive', 'receiveReturn'],
  ])('%s goes to the workflow with who decided, and the id of the note', async (decision, update) => {
    const id = await givenReturn();
    expect(await decide(id, decision, { note: 'as agreed' })).toMatchObject({ status: 202, body: { id, decision } });
    const [sent] = workflows.sent;
    const payload = { actor: { type: 'support', id: 'sup_1' } };
    expect(sent).toMatchObject({ update, workflowId: `return-${id}`, payload });
    const note = await api.database.note.findUniqueOrThrow({ where: { id: sent?.payload.noteId } });
    expect(note.text).toBe('as agreed');
    expect(JSON.stringify(sent)).not.toContain('agreed');
  });

  test.each(['authorise', 'reject', 'receive', 'inspect'])('%s is for staff', async (decision) => {
    const id = await givenReturn();
    const sent = decision === 'inspect' ? { lines: [] } : {};
    expect((await decide(id, decision, sent, { as: customer })).status).toBe(403);
    expect((await decide(id, decision, sent, { as: admin })).status).toBe(202);
  });

  test('what is not due is refused as the workflow says', async () => {
    const id = await givenReturn();
    const message = 'to be decided now: authorise or reject';
    workflows.script.answer = () => ({ kind: 'refused', type: refusals.notDue, message });
    expect(await decide(id, 'receive')).toMatchObject({
      status: 409,
      body: { type: 'urn:consign:problem:return-decision-not-due', detail: message, errors: [{ field: 'returnId' }] },
    });
  });

  test('a return that has ended is not asked any more', async () => {
    const id = await givenReturn('rejected');
    expect(await decide(id, 'authorise')).toMatchObject({ status: 409, body: { errors: [{ field: 'returnId' }] } });
    expect(workflows.sent).toEqual([]);
  });

  test('no answer from the workflow is a 503 that may be asked again', async () => {
    const id = await givenReturn();
    workflows.script.answer = () => ({ kind: 'silent' });
    const reply = await decide(id, 'authorise');
    expect([reply.status, reply.headers.get('retry-after')]).toEqual([503, '5']);
  });

  test('a decision that comes again under its key is the same Update', async () => {
    const id = await givenReturn();
    const options = { headers: { 'idempotency-key': `decide-${id}` } };
    workflows.script.answer = () => ({ kind: 'silent' });
    expect((await decide(id, 'authorise', {}, options)).status).toBe(503);
    workflows.script.answer = () => ({ kind: 'answered', answer: null });
    expect((await decide(id, 'authorise', {}, options)).status).toBe(202);
    const [first, second] = workflows.sent;
    expect(second).toEqual(first);
    expect(await api.database.decision.findMany({ where: { orderId } })).toMatchObject([
      { id: first!.updateId, workflowId: `return-${id}`, updateName: 'authoriseReturn', settledAt: expect.any(Date) },
    ]);
  });

  test('a decision that comes again under its key is answered as it was carried out, though the return has ended', async () => {
    const id = await givenReturn();
    const options = { headers: { 'idempotency-key': `ended-${id}` } };
    expect((await decide(id, 'reject', {}, options)).status).toBe(202);
    await api.database.orderReturn.update({ where: { id }, data: { status: 'rejected' } });
    expect(await decide(id, 'reject', {}, options)).toMatchObject({ status: 202, body: { id, decision: 'reject' } });
    expect(workflows.sent).toHaveLength(1);
  });

  test.each<[string, (id: string, other: string) => Parameters<typeof decide>]>([
    ['another decision', (id) => [id, 'reject']],
    ['another note', (id) => [id, 'authorise', { note: 'as agreed' }]],
    ['another return of the order', (_, other) => [other, 'authorise']],
  ])('a key that came with %s is refused', async (_, request) => {
    const ids = [(await ask(body(1))).body.id, (await ask(body(1))).body.id] as [string, string];
    const options = { headers: { 'idempotency-key': `decide-${ids[0]}` } };
    expect((await decide(ids[0], 'authorise', {}, options)).status).toBe(202);
    const [id, decision, sent = {}] = request(...ids);
    expect(await decide(id, decision, sent, options)).toMatchObject({ status: 422 });
  });

  test('a return that nobody has is not there', async () => {
    expect((await decide('ret_none', 'authorise')).status).toBe(404);
  });
});

describe('inspecting a return', () => {
  const line = (over: object = {}) => ({ sku: 'MUG-001', restocked: 1, writtenOff: 1, ...over });

  test('goes to the workflow; restocked units go back to where they were packed', async () => {
    const id = await givenReturn('authorised', 'received');
    expect((await decide(id, 'inspect', { lines: [line()] })).status).toBe(202);
    expect(workflows.sent).toMatchObject([
      {
        update: 'inspectReturn',
        payload: { lines: [{ sku: 'MUG-001', restocked: 1, writtenOff: 1, warehouse: 'BER' }], refund: null },
      },
    ]);
  });

  test.each([
    ['all that came back', [line()]],
    ['an empty parcel', []],
  ])('of %s is what the workflow takes', async (_, lines) => {
    const id = await givenReturn('authorised', 'received');
    expect((await decide(id, 'inspect', { lines, note: 'as seen' })).status).toBe(202);
    expect(returnInspection.parse(workflows.sent[0]!.payload)).toEqual(workflows.sent[0]!.payload);
  });

  test('may name another warehouse, and a smaller refund', async () => {
    const id = await givenReturn('authorised', 'received');
    const refund = { amount: 500, currency: 'EUR' };
    expect((await decide(id, 'inspect', { lines: [line({ warehouse: 'HAM' })], refund })).status).toBe(202);
    expect(workflows.sent).toMatchObject([{ payload: { lines: [{ warehouse: 'HAM' }], refund } }]);
  });

  test.each([
    ['another sku', { lines: [line({ sku: 'CAP-001' })] }, 'lines[0].sku'],
    ['a sku twice', { lines: [line(), line()] }, 'lines[1].sku'],
    ['more than is returned', { lines: [line({ restocked: 2 })] }, 'lines[0].restocked'],
    ['a warehouse that is not there', { lines: [line({ warehouse: 'XXX' })] }, 'lines[0].warehouse'],
    ['another currency', { lines: [line()], refund: { amount: 1, currency: 'USD' } }, 'refund.currency'],
    ['more than the units are worth', { lines: [line()], refund: { amount: 2964, currency: 'EUR' } }, 'refund.amount'],
    ['a negative count', { lines: [line({ writtenOff: -1 })] }, 'lines[0].writtenOff'],
  ])('with %s is refused, and names the field', async (_, sent, field) => {
    const id = await givenReturn('authorised', 'received');
    const reply = await decide(id, 'inspect', sent);
    expect(reply.status).toBe(400);
    expect(reply.body.errors).toMatchObject([{ field }]);
    expect(workflows.sent).toEqual([]);
  });
});

describe('a refund of a return that is stuck', () => {
  const step = (id: string) => `refund/return/${id}`;
  const resolve = (id: string, action: string, over: object = {}, options: CallOptions = {}) => {
    const sent = { step: step(id), action, note: 'paid by bank transfer', ...over };
    return api.call('POST', `/v1/orders/${orderId}/saga/resolutions`, { as: support, body: sent, ...options });
  };
  let id: string;
  beforeEach(async () => {
    id = await givenReturn('authorised', 'received', 'inspected');
    const row = { orderId, step: step(id), reason: 'the card is closed', actions: ['retry', 'skip'] };
    await api.database.stuckStep.create({ data: { ...row, workflowId: `return-${id}` } });
  });

  test("is listed with its order's stuck steps", async () => {
    const saga = await api.call('GET', `/v1/orders/${orderId}/saga`, { as: support });
    expect(saga.body.stuck).toMatchObject([
      { step: step(id), reason: 'the card is closed', actions: ['retry', 'skip'] },
    ]);
  });

  test.each(['retry', 'skip'])("is freed by %s, which goes to the return's workflow", async (action) => {
    expect(await resolve(id, action)).toMatchObject({ status: 202, body: { step: step(id), action } });
    expect(workflows.sent).toMatchObject([
      { update: 'resolveStuckStep', workflowId: `return-${id}`, payload: { step: step(id), action } },
    ]);
  });

  test('is not written off without a note, nor by a customer', async () => {
    expect(await resolve(id, 'skip', { note: undefined })).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'note' }] },
    });
    expect((await resolve(id, 'skip', {}, { as: customer })).status).toBe(403);
    expect(workflows.sent).toEqual([]);
  });
});
