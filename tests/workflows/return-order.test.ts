import { WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import type { FulfilmentActivities } from '../../activities';
import type { InspectedLine, StuckResolution, UpdateName } from '../../contracts/workflow/decisions';
import { returnWorkflowIdOf } from '../../contracts/workflow/ids';
import { BOOKS_MOVED } from '../../contracts/workflow/order';
import { RETURN_ORDER, type ReturnOrderInput, type ReturnStanding } from '../../contracts/workflow/return';
import { searchAttributes } from '../../contracts/workflow/search-attributes';
import { FULFILMENT_TASK_QUEUE } from '../../contracts/workflow/task-queues';
import type { ReturnStatus } from '../../domain/return-status';
import { refundOfReturn, stepName, type StuckAction } from '../../domain/step-kinds';
import type { returnOrder } from '../../workflows';
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
/** What one mug is worth. */
const WORTH = { amount: 1190, currency: 'EUR' };
const SINCE = '2026-01-31T09:00:00Z';
const decision = { actor: { type: 'support', id: 'sup_1' }, noteId: null } as const;
const mug = (restocked: number, writtenOff = 0): InspectedLine => {
  return { sku: 'MUG-001', restocked, writtenOff, warehouse: restocked > 0 ? 'BER' : null };
};
const inspection = (...lines: InspectedLine[]) => ({ ...decision, lines, refund: null });

type Handle = WorkflowHandle<typeof returnOrder>;
type Script = Partial<Record<Name, () => unknown>>;

const NAMES = [
  'readReturn',
  'moveReturn',
  'inspectReturn',
  'refundPayment',
  'finishReturn',
  'raiseAttention',
  'lowerAttention',
] as const;
type Name = (typeof NAMES)[number];
interface Input {
  orderId: string;
  to?: ReturnStatus;
  inspection?: { lines: InspectedLine[] };
  resolution?: StuckResolution;
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
  let isWrittenOff = false;
  const standsAs = (next: ReturnStatus): ReturnStanding => {
    return { ...standing, status: next, awaitedMs: next === 'authorised' ? 30 * DAY_MS : null };
  };
  let standing: ReturnStanding = { status, refund, awaitedMs: null };
  standing = standsAs(status);
  const answers: Record<Name, (input: Input) => unknown> = {
    readReturn: () => standing,
    moveReturn: ({ to = status }) => (standing = standsAs(to)),
    inspectReturn: ({ inspection: found }) => {
      const back = found?.lines.reduce((units, line) => units + line.restocked + line.writtenOff, 0) ?? 0;
      const worth = back === 0 ? null : { amount: 1190 * back, currency: 'EUR' };
      return (standing = { ...standsAs('inspected'), refund: worth });
    },
    refundPayment: () => null,
    finishReturn: () => {
      if (isWrittenOff) standing = { ...standing, refund: null };
      return (standing = standsAs(standing.refund === null ? 'closed' : 'refunded'));
    },
    raiseAttention: () => ({ since: SINCE, status: 'delivered' }),
    lowerAttention: ({ resolution }) => {
      isWrittenOff = resolution?.action === 'skip';
      return { status: 'delivered' };
    },
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
  /** The calls but for the listing of stuck steps, which is written beside the return at no fixed place. */
  const story = () => calls.filter((call) => !call.endsWith('Attention'));
  const stuck = stepName(refundOfReturn(returnId));
  /** Frees the refund, as a person decided. */
  const free = (action: StuckAction) => decide(handle, 'resolveStuckStep', { ...decision, step: stuck, action });
  /** Another run, or a person, moves the books behind the back of this one. */
  const booksMove = async (to: ReturnStatus) => {
    standing = standsAs(to);
    await handle.signal(BOOKS_MOVED);
  };
  return { handle, returnId, returnOf: orderId, stuck, free, booksMove, story };
}

/** Sends an Update until it is due: the books move a moment after the decision before. */
const decide = (handle: Handle, update: UpdateName, payload: object = decision) =>
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

const refused = (handle: Handle, update: UpdateName, payload: object = decision): Promise<string> =>
  handle.executeUpdate<void, [object]>(update, { args: [payload] }).then(() => 'taken', refusalOf);

test('a return goes from its request to the refund, as staff decide', async () => {
  const { handle, story } = await given();
  await decide(handle, 'authoriseReturn');
  await decide(handle, 'receiveReturn');
  await decide(handle, 'inspectReturn', inspection(mug(1, 1)));
  expect(await handle.result()).toEqual({ status: 'refunded', refunded: { amount: 2380, currency: 'EUR' } });
  expect(story()).toEqual([
    'readReturn',
    'moveReturn authorised',
    'moveReturn received',
    'inspectReturn',
    'refundPayment',
    'finishReturn',
  ]);
});

test('a rejected return has ended', async () => {
  const { handle, story } = await given();
  await decide(handle, 'rejectReturn');
  expect(await handle.result()).toEqual({ status: 'rejected', refunded: null });
  expect(story()).toEqual(['readReturn', 'moveReturn rejected']);
});

test('nothing is refunded where nothing came back', async () => {
  const { handle, story } = await given({ status: 'received' });
  await decide(handle, 'inspectReturn', inspection());
  expect(await handle.result()).toEqual({ status: 'closed', refunded: null });
  expect(story()).not.toContain('refundPayment');
});

test('an authorised return expires when its deadline passes', async () => {
  const { handle, story } = await given();
  await decide(handle, 'authoriseReturn');
  expect(await handle.result()).toEqual({ status: 'expired', refunded: null });
  expect(story()).toEqual(['readReturn', 'moveReturn authorised', 'moveReturn expired']);
});

test('staff may take weeks to decide, and to inspect', async () => {
  const { handle } = await given();
  await temporal.env.sleep('60 days');
  await decide(handle, 'authoriseReturn');
  await decide(handle, 'receiveReturn');
  await temporal.env.sleep('60 days');
  await decide(handle, 'inspectReturn', inspection(mug(2)));
  expect((await handle.result()).status).toBe('refunded');
});

describe('what is not due is refused', () => {
  test.each([
    ['requested', 'receiveReturn', 'use authoriseReturn or rejectReturn'],
    ['requested', 'inspectReturn', 'use authoriseReturn or rejectReturn'],
    ['authorised', 'authoriseReturn', 'use receiveReturn'],
    ['authorised', 'rejectReturn', 'use receiveReturn'],
    ['received', 'receiveReturn', 'use inspectReturn'],
  ] as const)('a return that is %s, by %s: %s', async (status, update, right) => {
    const { handle } = await given({ status });
    const message = `${update} does not apply to this return now: ${right}`;
    expect(await refused(handle, update, update === 'inspectReturn' ? inspection() : decision)).toBe(message);
    await handle.terminate();
  });

  test.each(['retry', 'skip'])('a refund of which nothing is stuck, by %s', async (action) => {
    const { handle, stuck } = await given({ status: 'received' });
    const answer = await refused(handle, 'resolveStuckStep', { ...decision, step: stuck, action });
    expect(answer).toBe(`the step ${stuck} is not stuck; no step is`);
    await handle.terminate();
  });

  test('a second decision, while the first is being carried out', async () => {
    let carryOut: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (carryOut = resolve));
    const { handle } = await given({ script: { moveReturn: () => held } });
    await decide(handle, 'rejectReturn');
    expect(await refused(handle, 'authoriseReturn')).toContain('nothing is to be decided now');
    carryOut();
    expect((await handle.result()).status).toBe('rejected');
  });

  test.each([
    ['another sku', [{ ...mug(1), sku: 'CAP-001' }], 'lines[0].sku must be a sku of the return: MUG-001'],
    ['more than was returned', [mug(2, 1)], 'lines[0].restocked must be at most 2 together with'],
    ['a sku twice', [mug(1), mug(1)], 'lines[1].sku must stand in one line only'],
    ['units without a shelf', [{ ...mug(1), warehouse: null }], 'lines[0].warehouse must name where'],
    ['fewer than none', [{ ...mug(1), writtenOff: -1 }], 'lines[0].writtenOff must be at least 0'],
  ])('an inspection of %s', async (_, lines, message) => {
    const { handle } = await given({ status: 'received' });
    expect(await refused(handle, 'inspectReturn', inspection(...lines))).toContain(message);
    await handle.terminate();
  });
});

describe('a return that is taken up again goes on where the books have it', () => {
  test.each([
    ['requested', ['readReturn', 'moveReturn rejected'], 'rejected'],
    ['authorised', ['readReturn', 'moveReturn expired'], 'expired'],
    ['inspected', ['readReturn', 'refundPayment', 'finishReturn'], 'refunded'],
    ['refunded', ['readReturn'], 'refunded'],
  ] as const)('%s', async (status, calls, end) => {
    const refund = status === 'inspected' || status === 'refunded' ? WORTH : null;
    const { handle, story } = await given({ status, refund });
    if (status === 'requested') await decide(handle, 'rejectReturn');
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

/** The refund's calls. */
const refundsIn = (story: string[]) => story.filter((call) => call === 'refundPayment');

const REFUSED = 'payment_declined';

test('a refused refund calls a person, and is asked for again when one says so', async () => {
  const refusals = [refusal(REFUSED)];
  const refundPayment = () => {
    const next = refusals.shift();
    if (next) throw next;
  };
  const { handle, stuck, free, story } = await given({ script: { refundPayment }, status: 'received' });
  await decide(handle, 'inspectReturn', inspection(mug(1)));
  expect(await calledForAttention(handle)).toEqual({ status: 'inspected', attention: true, stuck });
  await free('retry');
  expect((await handle.result()).status).toBe('refunded');
  expect(await attributesOf(handle)).toMatchObject({ status: 'refunded', attention: false });
  expect(refundsIn(story())).toHaveLength(2);
});

test('a stuck refund is freed by retry or skip alone, by who decides first', async () => {
  const refundPayment = () => Promise.reject(refusal(REFUSED));
  const { handle, stuck, free } = await given({ script: { refundPayment }, status: 'inspected', refund: WORTH });
  await calledForAttention(handle);
  const freed = (action: StuckAction) => refused(handle, 'resolveStuckStep', { ...decision, step: stuck, action });
  expect(await freed('refund')).toBe(`refund does not apply to ${stuck}: use retry or skip`);
  await free('skip');
  expect(await freed('retry').catch(() => 'ended')).toMatch(/is not stuck|ended/);
  expect((await handle.result()).status).toBe('closed');
});

test('a refused refund is written off when a person says so, and the return ends without it', async () => {
  const refundPayment = () => Promise.reject(refusal(REFUSED));
  const { handle, free, story } = await given({ script: { refundPayment }, status: 'received' });
  await decide(handle, 'inspectReturn', inspection(mug(1)));
  await calledForAttention(handle);
  await free('skip');
  expect(await handle.result()).toEqual({ status: 'closed', refunded: null });
  expect(await attributesOf(handle)).toMatchObject({ status: 'closed', attention: false });
  expect(story().slice(-2)).toEqual(['refundPayment', 'finishReturn']);
});

test('a return does not end before the books have the write-off of its refund', async () => {
  const refundPayment = () => Promise.reject(refusal(REFUSED));
  const lowerAttention = jest.fn().mockRejectedValueOnce(new Error('our database is away'));
  const script = { refundPayment, lowerAttention };
  const { handle, free } = await given({ script, status: 'inspected', refund: WORTH });
  await calledForAttention(handle);
  await free('skip');
  expect(await handle.result()).toEqual({ status: 'closed', refunded: null });
});

test('a refund that keeps failing calls a person, and goes on by itself', async () => {
  let mended = false;
  const refundPayment = () => {
    if (!mended) throw new Error('the provider is away');
  };
  const policy = quickPolicy({ attentionAfterMs: 1000 });
  const { handle } = await given({ script: { refundPayment }, status: 'received', policy });
  await decide(handle, 'inspectReturn', inspection(mug(1)));
  await temporal.env.sleep('2 seconds');
  await calledForAttention(handle);
  mended = true;
  expect((await handle.result()).status).toBe('refunded');
  expect(await attributesOf(handle)).toMatchObject({ attention: false });
});

describe('a return that waits asks the books when they have news', () => {
  test('and ends as they say', async () => {
    const { handle, booksMove, story } = await given();
    await booksMove('rejected');
    expect(await handle.result()).toEqual({ status: 'rejected', refunded: null });
    expect(new Set(story())).toEqual(new Set(['readReturn']));
  });

  test('and refuses what is no longer due', async () => {
    const { handle, booksMove } = await given();
    await booksMove('received');
    await decide(handle, 'inspectReturn', inspection(mug(2)));
    expect((await handle.result()).status).toBe('refunded');
  });
});

/** What the Temporal UI shows as the return's current details. */
const detailsOf = async (handle: Handle): Promise<string> =>
  (await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata')).currentDetails;

describe('its details say', () => {
  test('what the return is, and what staff decide next', async () => {
    const { handle, returnId, returnOf } = await given();
    const details = await detailsOf(handle);
    expect(details).toContain('**REQUESTED**: asked for; staff decide.');
    expect(details).toContain(`2 × MUG-001 of order \`${returnOf}\``);
    const path = `/v1/returns/${returnId}`;
    expect(details).toContain(`**Next:** Staff decide: \`POST ${path}/authorise\` or \`POST ${path}/reject\`.`);
    await handle.terminate();
  });

  test('what is to be refunded, why that is stuck, and what frees it', async () => {
    const refundPayment = () => Promise.reject(refusal(REFUSED));
    const { handle, stuck, returnOf } = await given({ script: { refundPayment }, status: 'inspected', refund: WORTH });
    const details = await eventually(
      () => detailsOf(handle),
      (text) => text.includes('stuck since'),
    );
    expect(details).toContain(
      `**Needs attention:** “Refund 11.90 EUR” (\`${stuck}\`) is stuck since ${SINCE}: ${REFUSED}.`,
    );
    expect(details).toContain(`\`POST /v1/orders/${returnOf}/saga/resolutions\`: \`retry\``);
    expect(details).toContain('`skip`');
    await handle.terminate();
  });

  test('that it has ended, and what was written off', async () => {
    const refundPayment = () => Promise.reject(refusal(REFUSED));
    const { handle, free } = await given({ script: { refundPayment }, status: 'inspected', refund: WORTH });
    await calledForAttention(handle);
    await free('skip');
    await handle.result();
    const details = await detailsOf(handle);
    expect(details).toContain('Written off: 11.90 EUR that the customer was to get back');
    expect(details).toContain('**Next:** Nothing: the return has ended.');
  });
});
