import { WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import type { FulfilmentActivities } from '../../activities';
import {
  AUTHORISE_RETURN,
  INSPECT_RETURN,
  RECEIVE_RETURN,
  REJECT_RETURN,
  RETRY_REFUND,
  RETURN_ORDER,
  WRITE_OFF_REFUND,
  type InspectedLine,
  type ReturnOrderInput,
  type ReturnStanding,
} from '../../contracts/workflow/return';
import { searchAttributes } from '../../contracts/workflow/search-attributes';
import { FULFILMENT_TASK_QUEUE } from '../../contracts/workflow/task-queues';
import type { ReturnStatus } from '../../domain/return-status';
import { returnWorkflowIdOf } from '../../domain/steps';
import type { returnOrder } from '../../workflows';
import { renderReturn } from '../../workflows/return/return-story';
import { eventually } from '../support/eventually';
import { quickPolicy } from '../support/given';
import { refusal } from '../support/scripted-activities';
import { startTimeSkippingTemporal, type TestTemporal } from '../support/temporal';

let temporal: TestTemporal;
let returns = 0;

beforeAll(async () => {
  temporal = await startTimeSkippingTemporal();
  await temporal.startWorker(dispatching());
});
afterAll(() => temporal.stop());

const DAY_MS = 24 * 3600 * 1000;
const decision = { actor: { type: 'support', id: 'sup_1' }, noteId: null } as const;
const mug = (restocked: number, writtenOff = 0): InspectedLine => {
  return { sku: 'MUG-001', restocked, writtenOff, warehouse: restocked > 0 ? 'BER' : null };
};
const inspection = (...lines: InspectedLine[]) => ({ ...decision, lines, refund: null });

type Handle = WorkflowHandle<typeof returnOrder>;
type Script = Partial<Record<Name, () => unknown>>;

const NAMES = [
  'takeUpReturn',
  'moveReturn',
  'inspectReturn',
  'refundPayment',
  'writeOffRefund',
  'finishReturn',
  'sendMessages',
] as const;
type Name = (typeof NAMES)[number];
interface Input {
  orderId: string;
  to?: ReturnStatus;
  inspection?: { lines: InspectedLine[] };
}

/** What each return's activities do, by its order. */
const scripts = new Map<string, (name: Name, input: Input) => Promise<unknown>>();

/** Activities for all tests, each of which scripts those of its own return. */
const dispatching = () =>
  Object.fromEntries(
    NAMES.map((name) => [name, (input: Input) => scripts.get(input.orderId)?.(name, input)]),
  ) as unknown as FulfilmentActivities;

interface Given {
  script?: Script;
  status?: ReturnStatus;
  refund?: ReturnStanding['refund'];
  policy?: ReturnOrderInput['policy'];
}

/** Starts a return of two mugs, in books that move as they are told. */
async function given({ script = {}, status = 'requested', refund = null, policy = quickPolicy() }: Given = {}) {
  returns += 1;
  const [returnId, orderId] = [`ret_${returns}`, `ord_${returns}`];
  const calls: string[] = [];
  const standsAs = (next: ReturnStatus): ReturnStanding => {
    return { ...standing, status: next, awaitedMs: next === 'authorised' ? 30 * DAY_MS : null };
  };
  let standing: ReturnStanding = { status, refund, awaitedMs: null };
  standing = standsAs(status);
  const answers: Record<Name, (input: Input) => unknown> = {
    takeUpReturn: () => standing,
    moveReturn: ({ to = status }) => (standing = standsAs(to)),
    inspectReturn: ({ inspection: found }) => {
      const back = found?.lines.reduce((units, line) => units + line.restocked + line.writtenOff, 0) ?? 0;
      const worth = back === 0 ? null : { amount: 1190 * back, currency: 'EUR' };
      return (standing = { ...standsAs('inspected'), refund: worth });
    },
    refundPayment: () => null,
    writeOffRefund: () => ((standing = { ...standing, refund: null }), null),
    finishReturn: () => (standing = standsAs(standing.refund === null ? 'closed' : 'refunded')),
    sendMessages: () => null,
  };
  scripts.set(orderId, async (name, input) => {
    calls.push(input.to === undefined ? name : `${name} ${input.to}`);
    return (await script[name]?.()) ?? answers[name](input);
  });
  const input: ReturnOrderInput = { returnId, orderId, lines: [{ sku: 'MUG-001', quantity: 2 }], status, policy };
  const handle: Handle = await temporal.env.client.workflow.start<typeof returnOrder>(RETURN_ORDER, {
    workflowId: returnWorkflowIdOf(returnId),
    taskQueue: FULFILMENT_TASK_QUEUE,
    args: [input],
  });
  /** The calls but for messages, which go out beside the return at no fixed place. */
  const story = () => calls.filter((call) => call !== 'sendMessages');
  return { handle, returnId, calls, story };
}

/** Sends an Update until it is due: the books move a moment after the decision before. */
const decide = (handle: Handle, update: string, payload: object = decision) =>
  eventually(
    () =>
      handle.executeUpdate<void, [object]>(update, { args: [payload] }).then(
        () => 'taken' as const,
        (error: unknown) => refusalOf(error),
      ),
    (answer) => answer === 'taken',
  );

function refusalOf(error: unknown): string {
  if (error instanceof WorkflowUpdateFailedError && error.cause) return error.cause.message;
  throw error;
}

const refused = (handle: Handle, update: string, payload: object = decision): Promise<string> =>
  handle.executeUpdate<void, [object]>(update, { args: [payload] }).then(() => 'taken', refusalOf);

test('a return goes from its request to the refund, as staff decide', async () => {
  const { handle, calls, story } = await given();
  await decide(handle, AUTHORISE_RETURN);
  await decide(handle, RECEIVE_RETURN);
  await decide(handle, INSPECT_RETURN, inspection(mug(1, 1)));
  expect(await handle.result()).toEqual({ status: 'refunded', refunded: { amount: 2380, currency: 'EUR' } });
  expect(story()).toEqual([
    'takeUpReturn',
    'moveReturn authorised',
    'moveReturn received',
    'inspectReturn',
    'refundPayment',
    'finishReturn',
  ]);
  expect(calls.filter((call) => call === 'sendMessages')).toHaveLength(2);
});

test('a rejected return has ended', async () => {
  const { handle, story } = await given();
  await decide(handle, REJECT_RETURN);
  expect(await handle.result()).toEqual({ status: 'rejected', refunded: null });
  expect(story()).toEqual(['takeUpReturn', 'moveReturn rejected']);
});

test('nothing is refunded where nothing came back', async () => {
  const { handle, story } = await given({ status: 'received' });
  await decide(handle, INSPECT_RETURN, inspection());
  expect(await handle.result()).toEqual({ status: 'closed', refunded: null });
  expect(story()).not.toContain('refundPayment');
});

test('an authorised return expires when its deadline passes', async () => {
  const { handle, story } = await given();
  await decide(handle, AUTHORISE_RETURN);
  expect(await handle.result()).toEqual({ status: 'expired', refunded: null });
  expect(story()).toEqual(['takeUpReturn', 'moveReturn authorised', 'moveReturn expired']);
});

test('staff may take weeks to decide, and to inspect', async () => {
  const { handle } = await given();
  await temporal.env.sleep('60 days');
  await decide(handle, AUTHORISE_RETURN);
  await decide(handle, RECEIVE_RETURN);
  await temporal.env.sleep('60 days');
  await decide(handle, INSPECT_RETURN, inspection(mug(2)));
  expect((await handle.result()).status).toBe('refunded');
});

describe('what is not due is refused', () => {
  test.each([
    ['requested', RECEIVE_RETURN, 'to be decided now: authorise or reject'],
    ['requested', INSPECT_RETURN, 'to be decided now: authorise or reject'],
    ['authorised', AUTHORISE_RETURN, 'to be decided now: receive'],
    ['authorised', REJECT_RETURN, 'to be decided now: receive'],
    ['received', RECEIVE_RETURN, 'to be decided now: inspect'],
    ['received', RETRY_REFUND, 'no refund of the return was refused'],
    ['received', WRITE_OFF_REFUND, 'no refund of the return was refused'],
  ] as const)('a return that is %s, by %s: %s', async (status, update, message) => {
    const { handle } = await given({ status });
    expect(await refused(handle, update, update === INSPECT_RETURN ? inspection() : decision)).toContain(message);
    await handle.terminate();
  });

  test('a second decision, while the first is being carried out', async () => {
    let carryOut: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (carryOut = resolve));
    const { handle } = await given({ script: { moveReturn: () => held } });
    await decide(handle, REJECT_RETURN);
    expect(await refused(handle, AUTHORISE_RETURN)).toContain('nothing is to be decided now');
    carryOut();
    expect((await handle.result()).status).toBe('rejected');
  });

  test.each([
    ['another sku', [{ ...mug(1), sku: 'CAP-001' }], 'lines[0].sku must be a sku of the return: MUG-001'],
    ['more than was returned', [mug(2, 1)], 'lines[0].restocked must be at most 2 together with'],
    ['a sku twice', [mug(1), mug(1)], 'lines[1].sku must stand in one line only'],
    ['units without a shelf', [{ ...mug(1), warehouse: null }], 'lines[0].warehouse must name where'],
    ['fewer than none', [{ ...mug(1), writtenOff: -1 }], 'lines[0].restocked must be at most 2'],
  ])('an inspection of %s', async (_, lines, message) => {
    const { handle } = await given({ status: 'received' });
    expect(await refused(handle, INSPECT_RETURN, inspection(...lines))).toContain(message);
    await handle.terminate();
  });
});

describe('a return that is taken up again goes on where the books have it', () => {
  test.each([
    ['requested', ['takeUpReturn', 'moveReturn rejected'], 'rejected'],
    ['authorised', ['takeUpReturn', 'moveReturn expired'], 'expired'],
    ['inspected', ['takeUpReturn', 'refundPayment', 'finishReturn'], 'refunded'],
    ['refunded', ['takeUpReturn'], 'refunded'],
  ] as const)('%s', async (status, calls, end) => {
    const refund = status === 'inspected' || status === 'refunded' ? { amount: 1190, currency: 'EUR' } : null;
    const { handle, story } = await given({ status, refund });
    if (status === 'requested') await decide(handle, REJECT_RETURN);
    expect((await handle.result()).status).toBe(end);
    expect(story()).toEqual(calls);
  });
});

const attributesOf = async (handle: Handle) => {
  const { typedSearchAttributes } = await handle.describe();
  return {
    status: typedSearchAttributes.get(searchAttributes.returnStatus),
    attention: typedSearchAttributes.get(searchAttributes.needsAttention) ?? false,
    stuck: typedSearchAttributes.get(searchAttributes.stuckStep),
  };
};

const calledForAttention = (handle: Handle) =>
  eventually(
    () => attributesOf(handle),
    ({ attention }) => attention,
  );

test('a refused refund calls a person, and is asked for again when one says so', async () => {
  const refusals = [refusal('payment_declined')];
  const refundPayment = () => {
    const next = refusals.shift();
    if (next) throw next;
  };
  const { handle, returnId, story } = await given({ script: { refundPayment }, status: 'received' });
  await decide(handle, INSPECT_RETURN, inspection(mug(1)));
  const stuck = `refund/return/${returnId}`;
  expect(await calledForAttention(handle)).toEqual({ status: 'inspected', attention: true, stuck });
  await decide(handle, RETRY_REFUND);
  expect((await handle.result()).status).toBe('refunded');
  expect(await attributesOf(handle)).toMatchObject({ status: 'refunded', attention: false });
  expect(story().filter((call) => call === 'refundPayment')).toHaveLength(2);
});

test('a refused refund is written off when a person says so, and the return ends without it', async () => {
  const refundPayment = () => Promise.reject(refusal('payment_declined'));
  const { handle, story } = await given({ script: { refundPayment }, status: 'received' });
  await decide(handle, INSPECT_RETURN, inspection(mug(1)));
  await calledForAttention(handle);
  await decide(handle, WRITE_OFF_REFUND);
  expect(await handle.result()).toEqual({ status: 'closed', refunded: null });
  expect(await attributesOf(handle)).toMatchObject({ status: 'closed', attention: false });
  expect(story().slice(-3)).toEqual(['refundPayment', 'writeOffRefund', 'finishReturn']);
  expect(await refused(handle, RETRY_REFUND).catch(() => 'ended')).toBe('ended');
});

test('a refund that keeps failing calls a person, and goes on by itself', async () => {
  let mended = false;
  const refundPayment = () => {
    if (!mended) throw new Error('the provider is away');
  };
  const policy = quickPolicy({ attentionAfterMs: 1000 });
  const { handle } = await given({ script: { refundPayment }, status: 'received', policy });
  await decide(handle, INSPECT_RETURN, inspection(mug(1)));
  await temporal.env.sleep('2 seconds');
  await calledForAttention(handle);
  mended = true;
  expect((await handle.result()).status).toBe('refunded');
  expect(await attributesOf(handle)).toMatchObject({ attention: false });
});

test('a message that cannot be sent neither delays nor fails the return', async () => {
  const sendMessages = () => Promise.reject(new Error('the mail server is away'));
  const { handle } = await given({ script: { sendMessages }, policy: quickPolicy({ messageTimeoutMs: 100 }) });
  await decide(handle, REJECT_RETURN);
  expect((await handle.result()).status).toBe('rejected');
});

test('its story says what the return is, what is decided and what comes next', () => {
  const told = { orderId: 'ord_1', returnId: 'ret_1', lines: [{ sku: 'MUG-001', quantity: 2 }], refund: null };
  expect(renderReturn({ ...told, status: 'requested' })).toBe(
    [
      '**REQUESTED**: asked for; staff decide.',
      '2 × MUG-001 of order `ord_1`',
      '**Next:** staff decide: `POST /v1/returns/ret_1/authorise` or `POST /v1/returns/ret_1/reject`.',
    ].join('\n\n'),
  );
  const stuck = { step: 'refund/return/ret_1', why: 'the card is closed', what: 'Ask the provider.' };
  const refund = { amount: 1190, currency: 'EUR' };
  const details = renderReturn({ ...told, status: 'inspected', refund, stuck });
  expect(details).toContain('Decided to be refunded: 11.90 EUR');
  expect(details).toContain('**Needs attention:** `refund/return/ret_1`: the card is closed. Ask the provider.');
});
