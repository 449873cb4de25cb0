import type { ApplicationFailure } from '@temporalio/common';
import { refusals, updates, type UpdateName } from '../../contracts/workflow/decisions';
import { BOOKS_MOVED } from '../../contracts/workflow/order';
import { RETURN_ORDER, type ReturnOrderInput } from '../../contracts/workflow/return';
import { returnWorkflowIdOf } from '../../contracts/workflow/ids';
import { FULFILMENT_TASK_QUEUE } from '../../contracts/workflow/task-queues';
import type { returnOrder } from '../../workflows';
import { quickPolicy } from '../support/given';
import { refusedFirst, type Script } from '../support/scripted-activities';
import { refusalOf, send, startScriptedOrders, type ScriptedOrders } from '../support/scripted-orders';
import { startLocalTemporal, type OrderHandle } from '../support/temporal';

/** What a person could send from the Temporal UI or the command line. Real time: nobody waits here. */
let orders: ScriptedOrders;

beforeAll(async () => {
  orders = await startScriptedOrders(startLocalTemporal);
});
afterAll(() => orders.stop());

const actor = { type: 'support', id: 'sup_1' };
const HUGE = 'x'.repeat(100_000);

/** Wrong payloads of every Update: what of them is wrong. */
const NOT_A_DECISION: [field: string, payload: unknown][] = [
  ['the payload', null],
  ['the payload', 'a text'],
  ['the payload', 1],
  ['the payload', true],
  ['the payload', []],
  ['the payload', [{}]],
  ['actor', null],
  ['actor', 'sup_1'],
  ['actor.type', { id: 'sup_1' }],
  ['actor.type', { type: 'system', id: 'saga' }],
  ['actor.type', { type: null, id: 'sup_1' }],
  ['actor.id', { type: 'support' }],
  ['actor.id', { type: 'support', id: '' }],
  ['actor.id', { type: 'support', id: 7 }],
  ['actor.id', { type: 'support', id: HUGE }],
  ['name', { ...actor, name: 'Ada' }],
  ['noteId', 7],
  ['noteId', ''],
  ['note', null],
  ['note', 7],
  ['note', ['a note']],
  ['note', { text: 'a note' }],
  ['note', HUGE],
  ['reason', 'the customer changed their mind'],
  ['force', true],
  ['__proto__x', 1],
].map(([named, value]) => {
  const field = named as string;
  const [top = ''] = field.split('.');
  const isOfActor = top === 'actor' || top === 'name';
  return [field, top === 'the payload' ? value : { [isOfActor ? 'actor' : top]: value }];
});

const ofReview = (payload: object) => ({ ...payload, actor });

/** Payloads that are wrong for one Update alone. */
const OF_ONE: [UpdateName, field: string, payload: unknown][] = [
  ['decideReview', 'decision', undefined],
  ['decideReview', 'decision', {}],
  ...['Reject', 'Approve', 'APPROVE', 'approved', 'yes', '', ' approve', 1, true, null, ['approve'], {}].map(
    (decision): [UpdateName, string, unknown] => ['decideReview', 'decision', ofReview({ decision })],
  ),
  ['decideReview', 'approve', { decision: 'approve', approve: true }],
  ['resolveStuckStep', 'step', undefined],
  ['resolveStuckStep', 'step', { action: 'retry' }],
  ['resolveStuckStep', 'step', { step: '', action: 'retry' }],
  ['resolveStuckStep', 'step', { step: 7, action: 'retry' }],
  ['resolveStuckStep', 'step', { step: ['pack/BER'], action: 'retry' }],
  ['resolveStuckStep', 'step', { step: { kind: 'pack' }, action: 'retry' }],
  ['resolveStuckStep', 'step', { step: null, action: 'retry' }],
  ['resolveStuckStep', 'action', { step: 'pack/BER' }],
  ['resolveStuckStep', 'action', { step: 'pack/BER', action: 'Retry' }],
  ['resolveStuckStep', 'action', { step: 'pack/BER', action: 'abandon' }],
  ['resolveStuckStep', 'action', { step: 'pack/BER', action: null }],
  ['resolveStuckStep', 'action', { step: 'pack/BER', action: ['retry'] }],
  ['resolveStuckStep', 'occurrence', { step: 'pack/BER', action: 'retry', occurrence: 1 }],
];

const line = { sku: 'MUG-001', restocked: 1, writtenOff: 0, warehouse: 'BER' };
const inspected = (over: object, refund: unknown = null) => ({ lines: [{ ...line, ...over }], refund });

/** Payloads that are wrong for a return's Updates alone. */
const OF_RETURN: [field: string, payload: unknown][] = [
  ['lines', undefined],
  ['lines', { refund: null }],
  ['lines', { lines: null, refund: null }],
  ['lines', { lines: {}, refund: null }],
  ['lines', { lines: 'MUG-001', refund: null }],
  ['lines[0]', { lines: [null], refund: null }],
  ['lines[0]', { lines: ['MUG-001'], refund: null }],
  ['lines[0].sku', inspected({ sku: undefined })],
  ['lines[0].sku', inspected({ sku: 7 })],
  ['lines[0].restocked', inspected({ restocked: undefined })],
  ['lines[0].restocked', inspected({ restocked: -1 })],
  ['lines[0].restocked', inspected({ restocked: 0.5 })],
  ['lines[0].restocked', inspected({ restocked: '1' })],
  ['lines[0].writtenOff', inspected({ writtenOff: null })],
  ['lines[0].warehouse', inspected({ warehouse: 7 })],
  ['condition', inspected({ condition: 'good' })],
  ['refund', { lines: [line] }],
  ['refund', inspected({}, 100)],
  ['refund', inspected({}, '1.00 EUR')],
  ['refund.amount', inspected({}, { currency: 'EUR' })],
  ['refund.amount', inspected({}, { amount: -1, currency: 'EUR' })],
  ['refund.amount', inspected({}, { amount: 1.5, currency: 'EUR' })],
  ['refund.currency', inspected({}, { amount: 1 })],
];

const REQUIRED: Partial<Record<UpdateName, object>> = {
  decideReview: { decision: 'approve' },
  resolveStuckStep: { step: 'authorise-payment', action: 'retry' },
  inspectReturn: inspected({}),
};

/** A wrong payload of every Update, with what else the one needs. */
const ofEvery = (names: readonly UpdateName[]): [UpdateName, string, unknown][] =>
  names.flatMap((name) =>
    NOT_A_DECISION.map(([field, payload]): [UpdateName, string, unknown] => {
      const isObject = typeof payload === 'object' && payload !== null && !Array.isArray(payload);
      return [name, field, isObject ? { ...REQUIRED[name], ...payload } : payload];
    }),
  );

const OF_ORDERS = [...ofEvery(['cancelOrder', 'decideReview', 'resolveStuckStep']), ...OF_ONE];
const OF_RETURNS: typeof OF_ORDERS = [
  ...ofEvery(['authoriseReturn', 'rejectReturn', 'receiveReturn', 'inspectReturn']),
  ...OF_RETURN.map(([field, payload]): [UpdateName, string, unknown] => ['inspectReturn', field, payload]),
];

/** What of a refusal is not as it should be; undefined if nothing is. */
function amissIn(failure: ApplicationFailure | 'accepted', name: UpdateName, field: string): string | undefined {
  if (failure === 'accepted') return 'it was accepted';
  const [told] = (failure.details ?? []) as { field: string }[];
  if (failure.type !== refusals.invalid) return `it was refused as ${failure.type}: ${failure.message}`;
  if (told?.field !== (field === 'the payload' ? '' : field)) return `it names ${told?.field}: ${failure.message}`;
  if (!failure.message.startsWith(`${name} was refused: ${field} `)) return failure.message;
  // Says what would be right: in our words, not in the library's, and with the payload's form.
  if (!/ (must|is unknown)/.test(failure.message) || !failure.message.endsWith(updates[name].says))
    return failure.message;
  return failure.message.length > 600 ? `it is ${failure.message.length} characters long` : undefined;
}

/** Sends each; returns what was amiss, by Update and payload. */
async function amissOf(handle: Pick<OrderHandle, 'executeUpdate'>, payloads: typeof OF_ORDERS): Promise<string[]> {
  const amiss: string[] = [];
  for (const [name, field, payload] of payloads) {
    const why = amissIn(await refusalOf(send(handle as OrderHandle, name, payload)), name, field);
    if (why !== undefined) amiss.push(`${name} ${JSON.stringify(payload ?? null).slice(0, 80)}: ${why}`);
  }
  return amiss;
}

const eventsOf = async (handle: Pick<OrderHandle, 'fetchHistory'>) => (await handle.fetchHistory()).events ?? [];

const wrongIn = (events: Awaited<ReturnType<typeof eventsOf>>) =>
  events.filter(
    (event) => event.workflowTaskFailedEventAttributes ?? event.workflowExecutionUpdateAcceptedEventAttributes,
  );

/** An order that screening holds, and that waits. */
const HELD: Script = { validateOrder: () => ({ verdict: 'review', heldForMs: 3_600_000 }) };

test('the payloads are at least 80, over every Update', () => {
  const all = [...OF_ORDERS, ...OF_RETURNS];
  expect(all.length).toBeGreaterThanOrEqual(80);
  expect(new Set(all.map(([name]) => name))).toEqual(new Set(Object.keys(updates)));
});

describe('an order in review', () => {
  test('refuses each malformed Update with what would be right; none is in its history, and staff reject it after', async () => {
    const order = await orders.start(HELD);
    await order.until('in_review');
    const before = (await eventsOf(order.handle)).length;
    expect(await amissOf(order.handle, OF_ORDERS)).toEqual([]);
    expect(wrongIn(await eventsOf(order.handle))).toEqual([]);
    expect((await eventsOf(order.handle)).length).toBe(before);
    expect(order.calls).toEqual(['validateOrder']);
    await send(order.handle, 'decideReview', { decision: 'reject' });
    expect(await order.result()).toEqual({ status: 'rejected', reason: 'screening_refused' });
    expect(order.calls).not.toContain('approveReview');
  });

  test('takes no harm from signals with payloads, known and unknown', async () => {
    const order = await orders.start(HELD);
    await order.until('in_review');
    for (const payload of [null, 1, 'approve', [], { decision: 'approve' }, HUGE]) {
      for (const signal of [BOOKS_MOVED, 'decideReview', 'carrierScan', 'noSuchSignal']) {
        await order.handle.signal<unknown[]>(signal, payload);
      }
    }
    await order.handle.query('status');
    await send(order.handle, 'cancelOrder', {});
    expect((await order.result()).status).toBe('cancelled');
    const failed = (await eventsOf(order.handle)).filter((event) => event.workflowTaskFailedEventAttributes);
    expect(failed).toEqual([]);
    expect(order.calls).not.toContain('approveReview');
  });
});

test('a return refuses each malformed Update with what would be right; none is in its history', async () => {
  const standing = { status: 'received', awaitedMs: null, refund: null };
  const worker = { readReturn: () => standing, inspectReturn: () => ({ ...standing, status: 'inspected' }) };
  const returns = await startLocalTemporal();
  await returns.startWorker({ ...worker, finishReturn: () => ({ ...standing, status: 'closed' }) } as object);
  const input: ReturnOrderInput = {
    ...{ returnId: 'ret_1', orderId: 'ord_1', status: 'received', policy: quickPolicy() },
    lines: [{ sku: 'MUG-001', quantity: 2 }],
  };
  const handle = await returns.env.client.workflow.start<typeof returnOrder>(RETURN_ORDER, {
    ...{ workflowId: returnWorkflowIdOf('ret_1'), taskQueue: FULFILMENT_TASK_QUEUE, args: [input] },
  });
  expect(await amissOf(handle as unknown as OrderHandle, OF_RETURNS)).toEqual([]);
  expect(wrongIn(await eventsOf(handle as unknown as OrderHandle))).toEqual([]);
  await handle.executeUpdate('inspectReturn', { args: [inspected({})] as never });
  expect((await handle.result()).status).toBe('closed');
  await returns.stop();
});

describe('sent from the Temporal UI, without an actor and with a note, it is audited as staff there, with the note:', () => {
  const IN_THE_UI = { actor: { type: 'support', id: 'temporal-ui' }, noteId: null, note: 'asked by phone' };
  const note = IN_THE_UI.note;

  test('a cancel', async () => {
    const order = await orders.start(HELD);
    await order.until('in_review');
    await send(order.handle, 'cancelOrder', { note });
    expect((await order.result()).reason).toBe('cancelled_by_staff');
    expect(order.inputsOf('stopOrder')[0]).toMatchObject({ decision: IN_THE_UI });
  });

  test('a cancel without any payload', async () => {
    const order = await orders.start(HELD);
    await order.until('in_review');
    await send(order.handle, 'cancelOrder');
    await order.result();
    const { note: _, ...without } = IN_THE_UI;
    expect(order.inputsOf('stopOrder')[0]?.decision).toEqual(without);
  });

  test('an approval', async () => {
    const order = await orders.start(HELD);
    await order.until('in_review');
    await send(order.handle, 'decideReview', { decision: 'approve', note });
    expect((await order.result()).status).toBe('delivered');
    expect(order.inputsOf('approveReview')[0]?.review).toEqual({ ...IN_THE_UI, decision: 'approve' });
  });

  test('what frees a stuck step', async () => {
    const order = await orders.start({ handOver: refusedFirst(1, 'no_carrier') });
    await order.untilStuck('hand-over');
    await send(order.handle, 'resolveStuckStep', { step: 'hand-over', action: 'retry', note });
    expect((await order.result()).status).toBe('delivered');
    expect(order.inputsOf('lowerAttention')[0]?.resolution).toEqual({
      ...IN_THE_UI,
      ...{ step: 'hand-over', action: 'retry' },
    });
  });
});

/** Temporal takes ten Updates of one workflow at once. */
const AT_ONCE = 10;

test('2,100 refused cancels of one order leave its history as it was, and staff free it after', async () => {
  const order = await orders.start({ handOver: refusedFirst(1, 'no_carrier') });
  await order.untilStuck('hand-over');
  await order.until('needs_attention');
  const before = (await eventsOf(order.handle)).length;
  const customer = { actor: { type: 'customer', id: 'cus_1' } };
  const types = new Set<string | undefined | null>();
  for (let sent = 0; sent < 2100; sent += AT_ONCE) {
    const answers = Array.from({ length: AT_ONCE }, () => refusalOf(send(order.handle, 'cancelOrder', customer)));
    for (const failure of await Promise.all(answers)) types.add(failure === 'accepted' ? failure : failure.type);
  }
  expect([...types]).toEqual([refusals.tooLate]);
  expect((await eventsOf(order.handle)).length).toBe(before);
  await order.resolve('hand-over', 'retry');
  expect(await order.result()).toEqual({ status: 'delivered', reason: null });
}, 300_000);
