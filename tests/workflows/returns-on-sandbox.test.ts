import { typeid } from 'typeid-js';
import type { SandboxFault } from '../../contracts/http/sandbox';
import type { InspectedLine, UpdateName } from '../../contracts/workflow/decisions';
import { returnWorkflowIdOf } from '../../contracts/workflow/ids';
import type { ReturnOrderResult } from '../../contracts/workflow/return';
import { refundOfReturn, stepName, type StuckAction } from '../../domain/step-kinds';
import { verifyBooks } from '../../books/verify';
import type { returnOrder } from '../../workflows';
import { workflowsOn } from '../../workflow-client/workflows';
import { eventually } from '../support/eventually';
import { startFulfilmentStack, type FulfilmentStack } from '../support/fulfilment-stack';
import { givenStock, quickPolicy } from '../support/given';
import { textOf } from '../support/histories';

/** No slow machine misses it. */
const WITHIN_MS = 180_000;

let stack: FulfilmentStack;

beforeAll(async () => {
  stack = await startFulfilmentStack();
  await givenStock(stack.database, { 'MUG-001': { BER: 500, HAM: 500 } });
}, WITHIN_MS);
afterAll(() => stack.stop());
afterEach(() => stack.sandbox.replaceFaults([]));

const script = (kind: SandboxFault['kind'], times: number) =>
  stack.sandbox.replaceFaults([{ port: 'payment', operation: 'refund', match: {}, kind, times }]);

/** An order of two mugs, 36.53 EUR with shipping and tax, that is delivered. */
async function delivered(): Promise<string> {
  const { orderId, status } = await stack.fulfil({ lines: [{ sku: 'MUG-001', quantity: 2 }] });
  expect(status).toBe('delivered');
  return orderId;
}

/** Stores a return as the API does; nobody follows it yet. */
async function requested(orderId: string, quantity: number): Promise<string> {
  const id = typeid('ret').toString();
  const requestedBy = { requestedByType: 'customer', requestedById: 'cus_1' };
  const lines = { create: { sku: 'MUG-001', quantity } };
  await stack.database.orderReturn.create({ data: { id, orderId, ...requestedBy, lines } });
  return id;
}

async function followed(orderId: string, quantity: number, policy = quickPolicy()): Promise<string> {
  const returnId = await requested(orderId, quantity);
  const lines = [{ sku: 'MUG-001', quantity }];
  await workflowsOn(stack.temporal.env.client, policy).startReturn({ returnId, orderId, lines, status: 'requested' });
  return returnId;
}

const handleOf = (returnId: string) =>
  stack.temporal.env.client.workflow.getHandle<typeof returnOrder>(returnWorkflowIdOf(returnId));

const by = { actor: { type: 'support', id: 'sup_1' }, noteId: null } as const;

/** Sends a decision until it is due. */
const decide = (returnId: string, update: UpdateName, payload: object = {}) =>
  eventually(
    () => {
      const workflowId = returnWorkflowIdOf(returnId);
      const updateId = typeid('note').toString();
      return stack.workflows.sendUpdate({
        workflowId,
        update,
        payload: { ...by, ...payload },
        updateId,
        timeoutMs: 5000,
      });
    },
    ({ kind }) => kind === 'answered',
    WITHIN_MS,
  );

const inspect = (returnId: string, line: Partial<InspectedLine>, refund: number | null = null) => {
  const warehouse = line.restocked ? 'BER' : null;
  const lines = [{ sku: 'MUG-001', restocked: 0, writtenOff: 0, warehouse, ...line }];
  const asked = refund === null ? null : { amount: refund, currency: 'EUR' };
  return decide(returnId, 'inspectReturn', { lines, refund: asked });
};

/** Waits until the refund is listed as stuck, as a step of its order, and frees it. */
async function freeRefund(orderId: string, returnId: string, action: StuckAction): Promise<void> {
  const step = stepName(refundOfReturn(returnId));
  const order = stack.watch({ orderId, clientReference: 'test' });
  expect(await order.untilStuck(step, { status: 'delivered' })).toEqual(['retry', 'skip']);
  await order.free(step, action);
}

async function received(returnId: string): Promise<void> {
  await decide(returnId, 'authoriseReturn');
  await decide(returnId, 'receiveReturn');
}

async function booksOf(orderId: string) {
  await stack.untilSettled(orderId);
  const [order, payment, ledger] = await Promise.all([
    stack.database.order.findUniqueOrThrow({ where: { id: orderId } }),
    stack.database.payment.findUniqueOrThrow({ where: { orderId } }),
    stack.sandbox.ledger(orderId),
  ]);
  const refunds = ledger.payments.flatMap(({ operation, amount }) => (operation === 'refund' ? [amount] : []));
  const messages = ledger.messages.map(({ template }) => template).filter((name) => name.startsWith('return-'));
  return { status: order.status, refunded: Number(payment.refunded), refunds, messages, ledger };
}

const TOLD = ['return-authorised', 'return-refunded'];

interface Case {
  when: string;
  fault?: [SandboxFault['kind'], number];
  /** Whether a person has to have the refund asked for again. */
  retried?: boolean;
}

const cases: Case[] = [
  { when: 'all goes well' },
  { when: 'the provider is unavailable twice', fault: ['unavailable', 2] },
  { when: "the provider's reply is lost", fault: ['effect_then_timeout', 1] },
  { when: 'the provider refuses, and is asked again when staff say so', fault: ['refuse', 1], retried: true },
];

test.each(cases)(
  'a return of everything is refunded once and its order returned, where $when',
  async (given) => {
    const orderId = await delivered();
    const returnId = await followed(orderId, 2);
    await received(returnId);
    if (given.fault) await script(...given.fault);
    await inspect(returnId, { restocked: 1, writtenOff: 1 });
    if (given.retried) await freeRefund(orderId, returnId, 'retry');
    expect(await handleOf(returnId).result()).toEqual({
      status: 'refunded',
      refunded: { amount: 3653, currency: 'EUR' },
    } satisfies ReturnOrderResult);
    const books = await booksOf(orderId);
    expect(books).toMatchObject({ status: 'returned', refunded: 3653, refunds: [3653], messages: TOLD });
  },
  WITHIN_MS,
);

test(
  'a refund that the provider refuses for ever is written off: the return is closed, and the order returned',
  async () => {
    const orderId = await delivered();
    const returnId = await followed(orderId, 2);
    await received(returnId);
    await script('refuse', 100);
    await inspect(returnId, { restocked: 1, writtenOff: 1 });
    await freeRefund(orderId, returnId, 'skip');
    expect(await handleOf(returnId).result()).toEqual({ status: 'closed', refunded: null } satisfies ReturnOrderResult);
    await stack.sandbox.replaceFaults([]);
    expect(await booksOf(orderId)).toMatchObject({ status: 'returned', refunded: 0, refunds: [], messages: TOLD });
    const step = `refund/return/${returnId}`;
    const entries = await stack.database.timelineEntry.findMany({ where: { orderId, step }, orderBy: { id: 'asc' } });
    expect(entries).toMatchObject([
      { actorType: 'system', note: expect.stringMatching(/^stuck: /) },
      { actorType: 'support', actorId: 'sup_1', note: 'skipped: written off' },
    ]);
    expect((await verifyBooks(stack.url)).writeOffs).toContain(`${orderId} ${step}`);
  },
  WITHIN_MS,
);

test(
  'a return of a part is refunded by its share, and the order stays delivered until the rest is back',
  async () => {
    const orderId = await delivered();
    const first = await followed(orderId, 1);
    const second = await followed(orderId, 1);
    await Promise.all([received(first), received(second)]);
    await inspect(first, { restocked: 1 });
    await handleOf(first).result();
    expect(await booksOf(orderId)).toMatchObject({ status: 'delivered', refunded: 1535, messages: expect.any(Array) });
    await inspect(second, { writtenOff: 1 });
    await handleOf(second).result();
    expect(await booksOf(orderId)).toMatchObject({ status: 'returned', refunded: 3653, refunds: [1535, 2118] });
  },
  WITHIN_MS,
);

test(
  'two returns that are inspected at once refund exactly what was captured',
  async () => {
    const orderId = await delivered();
    const both = await Promise.all([followed(orderId, 1), followed(orderId, 1)]);
    await Promise.all(both.map(received));
    await Promise.all(both.map((returnId) => inspect(returnId, { restocked: 1 })));
    await Promise.all(both.map((returnId) => handleOf(returnId).result()));
    const { status, refunded, refunds } = await booksOf(orderId);
    expect([status, refunded, refunds.reduce((total, amount) => total + amount, 0)]).toEqual(['returned', 3653, 3653]);
  },
  WITHIN_MS,
);

test(
  'staff may refund less than is due, and nothing',
  async () => {
    const orderId = await delivered();
    const [less, nothing] = [await followed(orderId, 1), await followed(orderId, 1)];
    await Promise.all([received(less), received(nothing)]);
    await inspect(less, { writtenOff: 1 }, 1000);
    expect(await handleOf(less).result()).toMatchObject({ refunded: { amount: 1000 } });
    await inspect(nothing, { writtenOff: 1 }, 0);
    expect(await handleOf(nothing).result()).toEqual({ status: 'closed', refunded: null });
    expect(await booksOf(orderId)).toMatchObject({ status: 'returned', refunded: 1000, refunds: [1000] });
  },
  WITHIN_MS,
);

test(
  'a rejected return, and one whose goods do not come, leave the order as it is',
  async () => {
    const orderId = await delivered();
    const rejected = await followed(orderId, 2);
    await decide(rejected, 'rejectReturn');
    expect(await handleOf(rejected).result()).toEqual({ status: 'rejected', refunded: null });
    const expired = await followed(orderId, 2, quickPolicy({ returnMs: 200 }));
    await decide(expired, 'authoriseReturn');
    expect(await handleOf(expired).result()).toEqual({ status: 'expired', refunded: null });
    const { messages, ...books } = await booksOf(orderId);
    expect(books).toMatchObject({ status: 'delivered', refunded: 0 });
    expect(messages.sort()).toEqual(['return-authorised', 'return-rejected']);
  },
  WITHIN_MS,
);

test(
  'a return that nobody follows is started by the sweep, once',
  async () => {
    const orderId = await delivered();
    const returnId = await requested(orderId, 1);
    expect(await stack.sweeps.recoverReturns()).toBeGreaterThan(0);
    const { runId } = await handleOf(returnId).describe();
    await stack.sweeps.recoverReturns();
    expect((await handleOf(returnId).describe()).runId).toBe(runId);
    await decide(returnId, 'rejectReturn');
    expect((await handleOf(returnId).result()).status).toBe('rejected');
  },
  WITHIN_MS,
);

test(
  'a return whose workflow was terminated goes on where it stood, and refunds once',
  async () => {
    const orderId = await delivered();
    const returnId = await followed(orderId, 2);
    await received(returnId);
    await script('hold', 1);
    await inspect(returnId, { restocked: 2 });
    await eventually(
      () => stack.database.orderReturn.findUniqueOrThrow({ where: { id: returnId } }),
      ({ status }) => status === 'inspected',
      WITHIN_MS,
    );
    await handleOf(returnId).terminate('by a test');
    await eventually(
      () => stack.sweeps.recoverReturns(),
      (started) => started > 0,
      WITHIN_MS,
    );
    await stack.sandbox.replaceFaults([]);
    expect(await handleOf(returnId).result()).toMatchObject({ status: 'refunded' });
    expect(await booksOf(orderId)).toMatchObject({ status: 'returned', refunds: [3653] });
  },
  WITHIN_MS,
);

test(
  "the warehouse's own count has the restocked units",
  async () => {
    const orderId = await delivered();
    const counted = async () => (await booksOf(orderId)).ledger.stock.map(({ onHand }) => onHand);
    const [ber = 0, ham] = await counted();
    const returnId = await followed(orderId, 2);
    await received(returnId);
    await inspect(returnId, { restocked: 1, writtenOff: 1 });
    await handleOf(returnId).result();
    expect(await counted()).toEqual([ber + 1, ham]);
  },
  WITHIN_MS,
);

test(
  'no history of a return holds more than ids, skus, amounts and codes',
  async () => {
    const orderId = await delivered();
    const returnId = await followed(orderId, 1);
    await decide(returnId, 'rejectReturn');
    await handleOf(returnId).result();
    const text = textOf(await handleOf(returnId).fetchHistory());
    expect(text).toContain(orderId);
    for (const personal of ['Ada', 'Torstr', 'ada@example.com']) expect(text).not.toContain(personal);
  },
  WITHIN_MS,
);

test(
  'the books balance after all of it',
  async () => {
    expect((await verifyBooks(stack.url)).violations).toEqual([]);
  },
  WITHIN_MS,
);
