import { WithStartWorkflowOperation } from '@temporalio/client';
import { createActivities, type FulfilmentActivities } from '../../activities';
import { decideRefund } from '../../activities/payment/refund';
import { createSandboxParties } from '../../adapters/sandbox';
import type { Decision } from '../../contracts/workflow/decisions';
import { workflowIdOf } from '../../contracts/workflow/ids';
import { FULFIL_ORDER, type FulfilOrderInput, type StopInput } from '../../contracts/workflow/order';
import { FULFILMENT_TASK_QUEUE } from '../../contracts/workflow/task-queues';
import { refundOfUnshipped } from '../../domain/step-kinds';
import { verifyBooks } from '../../books/verify';
import { runActivity } from '../support/activity';
import { startFulfilmentStack, type FulfilmentStack } from '../support/fulfilment-stack';
import { givenOrder, givenStock, quickPolicy, type GivenOrder } from '../support/given';

/**
 * A worker that dies takes its workflow task with it: what first tries did in that task stands in the ledger and at the
 * parties, and the history knows nothing of it. Here the steps are done before the workflow is started.
 */
let stack: FulfilmentStack;
let activities: FulfilmentActivities;

beforeAll(async () => {
  stack = await startFulfilmentStack();
  activities = createActivities({ database: stack.database, parties: createSandboxParties(stack.database) });
}, 60_000);
afterAll(() => stack.stop());
afterEach(() => stack.sandbox.replaceFaults([]));

const limits = { partyTimeoutMs: 5000, patienceMs: 60_000 };
const policy = quickPolicy({ carrierRetries: 1, carrierRetryMs: 200, stepTimeoutMs: 1000 });
const operations = (effects: { operation: string }[]) => effects.map(({ operation }) => operation);
let orders = 0;

/** An order of two parcels, in BER and HAM, that a lost task has reserved, authorised and packed. */
async function givenPacked(over: GivenOrder = {}) {
  const sku = `LOST-${(orders += 1)}`;
  await givenStock(stack.database, { [sku]: { BER: 2, HAM: 3 } });
  const input = await givenOrder(stack.database, { lines: [{ sku, quantity: 5 }], policy, ...over });
  const order = { orderId: input.orderId, limits };
  await runActivity(activities.validateOrder, [{ ...order, reviewMs: policy.reviewMs }]);
  const { parcels } = await runActivity(activities.reserveStock, [{ ...order, leg: 1, shortfall: 'refuse' as const }]);
  await runActivity(activities.authorisePayment, [{ ...order, grant: 1 }]);
  const [ber, ham] = parcels.map(({ parcel, shipmentId }) => ({ ...order, parcel, shipmentId, leg: 1 }));
  for (const parcel of [ber, ham]) if (parcel !== undefined) await runActivity(activities.packParcel, [parcel]);
  if (ber === undefined || ham === undefined) throw new Error('there are not two parcels');
  return { input, order, ber, ham };
}

const stop = (input: Omit<StopInput, 'policy'>) => runActivity(activities.stopOrder, [{ ...input, policy }]);

const book = (parcel: Awaited<ReturnType<typeof givenPacked>>['ber']) =>
  runActivity(activities.bookCarrier, [{ ...parcel, carrierAttempts: 1 }]);

async function endOf(input: FulfilOrderInput) {
  await stack.temporal.start(input);
  return stack.untilSettled(input.orderId);
}

const CUSTOMER: Decision = { actor: { type: 'customer', id: 'cus_1' }, noteId: null };

/** Cancels an order in the very task that is tried again. */
const cancelled = (input: FulfilOrderInput): Promise<{ outcome: string }> =>
  stack.temporal.env.client.workflow.executeUpdateWithStart('cancelOrder', {
    args: [CUSTOMER],
    startWorkflowOperation: new WithStartWorkflowOperation(FULFIL_ORDER, {
      workflowId: workflowIdOf(input.orderId),
      taskQueue: FULFILMENT_TASK_QUEUE,
      args: [input],
      workflowIdConflictPolicy: 'FAIL',
    }),
  });

test('cancelled in the task that is tried again, an order is undone of what the lost task did', async () => {
  const { input, ber } = await givenPacked();
  await book(ber);
  expect(await cancelled(input)).toEqual({ outcome: 'accepted' });
  const { status, reason, ledger } = await stack.untilSettled(input.orderId);
  expect([status, reason]).toEqual(['cancelled', 'cancelled_by_customer']);
  expect(operations(ledger.payments)).toEqual(['authorise', 'void']);
  expect(operations(ledger.labels)).toEqual(['book', 'cancel']);
}, 60_000);

/** The capture whose reply, too, is lost: the provider alone knows of it. */
const captureAtProvider = ({ orderId, grand }: Pick<FulfilOrderInput, 'orderId' | 'grand'>) =>
  createSandboxParties(stack.database).payment.capture({
    key: `${orderId}/capture`,
    order: { orderId, clientReference: 'test', customerId: 'cus_1' },
    authorisationKey: `${orderId}/authorise-payment`,
    amount: grand,
  });

describe('cancelled in the task that is tried again, an order of which all is booked', () => {
  const givenBooked = async () => {
    const packed = await givenPacked();
    for (const parcel of [packed.ber, packed.ham]) await book(parcel);
    return packed;
  };
  test.each([
    [
      'that our books know of',
      ({ order }: Awaited<ReturnType<typeof givenPacked>>) =>
        runActivity(activities.capturePayment, [{ ...order, grant: 1 }]),
    ],
    [
      'that the provider alone knows of',
      ({ input }: Awaited<ReturnType<typeof givenPacked>>) => captureAtProvider(input),
    ],
  ])(
    'is delivered where the lost task captured, %s; whoever cancelled is told so, once',
    async (_, capture) => {
      const packed = await givenBooked();
      await capture(packed);
      await cancelled(packed.input);
      const { status, orderId, ledger } = await stack.untilSettled(packed.input.orderId);
      expect(status).toBe('delivered');
      expect(operations(ledger.payments)).toEqual(['authorise', 'capture']);
      const told = { actorType: 'customer', note: { startsWith: 'the cancel came too late' } };
      expect(await stack.database.timelineEntry.count({ where: { orderId, ...told } })).toBe(1);
      expect(ledger.messages.map(({ template }) => template)).toContain('order-not-cancelled');
    },
    60_000,
  );

  test('is cancelled where nothing was captured, and nothing can be any more', async () => {
    const packed = await givenBooked();
    expect(await cancelled(packed.input)).toEqual({ outcome: 'accepted' });
    const { status, reason, ledger } = await stack.untilSettled(packed.input.orderId);
    expect([status, reason]).toEqual(['cancelled', 'cancelled_by_customer']);
    expect(operations(ledger.payments)).toEqual(['authorise', 'void']);
    await expect(captureAtProvider(packed.input)).rejects.toMatchObject({ name: 'PartyRefused' });
  }, 60_000);
});

describe('an order whose leg the lost task ended', () => {
  const endLeg = ({ order }: Awaited<ReturnType<typeof givenPacked>>) =>
    stop({ ...order, reason: 'no_carrier', failedLeg: 1, called: [] });

  test.each([
    ['before its goods are back', async () => undefined],
    [
      'when the goods of one parcel are back',
      ({ ham }: Awaited<ReturnType<typeof givenPacked>>) => runActivity(activities.returnToShelf, [ham]),
    ],
    [
      'when all its goods are back and free',
      async ({ order, ber, ham }: Awaited<ReturnType<typeof givenPacked>>) => {
        for (const parcel of [ber, ham]) await runActivity(activities.returnToShelf, [parcel]);
        await runActivity(activities.releaseStock, [{ ...order, leg: 1 }]);
      },
    ],
  ])(
    'goes on with its next leg: %s',
    async (_, meanwhile) => {
      const packed = await givenPacked();
      await endLeg(packed);
      await meanwhile(packed);
      const { status, ledger } = await endOf(packed.input);
      expect(status).toBe('delivered');
      expect(operations(ledger.payments)).toEqual(['authorise', 'capture']);
    },
    60_000,
  );
});

describe('an order of which the lost task dropped a parcel', () => {
  const givenDropped = async () => {
    const packed = await givenPacked({ fulfilment: 'ship_available' });
    await book(packed.ber);
    await runActivity(activities.cancelBooking, [packed.ham]);
    await runActivity(activities.returnToShelf, [packed.ham]);
    const { grand } = await runActivity(activities.dropParcel, [packed.ham]);
    return { ...packed, grand };
  };

  test('ships the rest', async () => {
    const { input, grand } = await givenDropped();
    const { status, ledger } = await endOf(input);
    expect(status).toBe('delivered');
    expect(ledger.payments.map(({ operation, amount }) => [operation, amount])).toEqual([
      ['authorise', input.grand.amount],
      ['capture', grand.amount],
    ]);
  }, 60_000);

  test('ships the rest also where the provider alone knows that the lost task captured it, and it is cancelled', async () => {
    const { input, grand } = await givenDropped();
    const { orderId } = input;
    await captureAtProvider({ ...input, grand });
    const standing = await stop({ orderId, limits, reason: 'cancelled_by_customer', decision: CUSTOMER });
    expect(standing.direction).toBe('to_capture');
    expect((await endOf(input)).status).toBe('delivered');
  }, 60_000);

  test('ships the rest also where the lost task captured it', async () => {
    const { input, order } = await givenDropped();
    await runActivity(activities.capturePayment, [{ ...order, grant: 1 }]);
    expect((await endOf(input)).status).toBe('delivered');
  }, 60_000);
});

/** An order of two parcels that was captured, from the newest of its authorisations, and not handed over yet. */
async function givenCaptured({ grants = 1 }: { grants?: number } = {}) {
  const packed = await givenPacked();
  const { order, ber, ham } = packed;
  for (const parcel of [ber, ham]) await book(parcel);
  for (let grant = 2; grant <= grants; grant += 1) {
    await runActivity(activities.authorisePayment, [{ ...order, grant }]);
  }
  await runActivity(activities.capturePayment, [{ ...order, grant: grants }]);
  return packed;
}

test('a hand-over that is given up once more, since the task was lost in which it was, refunds all of it', async () => {
  const { input, ham } = await givenCaptured();
  await stack.sandbox.replaceFaults([{ port: 'shipping', operation: 'hand_over', kind: 'refuse', match: {} }]);
  await stack.temporal.start(input);
  const order = stack.watch({ orderId: input.orderId, clientReference: 'test' });
  await order.untilStuck('hand-over');
  await runActivity(activities.cancelBooking, [ham]);
  await stack.sandbox.replaceFaults([]);
  await order.free('hand-over', 'refund');
  const { status, reason, ledger } = await stack.untilSettled(input.orderId);
  expect([status, reason]).toEqual(['failed', 'not_handed_over']);
  expect(ledger.payments.at(-1)).toMatchObject({ operation: 'refund', amount: input.grand.amount });
}, 60_000);

test('an order that was captured is not tried again, whatever was given up of it since', async () => {
  const { input, ham } = await givenCaptured();
  await runActivity(activities.cancelBooking, [ham]);
  const { status, ledger } = await endOf(input);
  expect(status).toBe('delivered');
  expect(operations(ledger.payments)).toEqual(['authorise', 'capture', 'refund']);
}, 60_000);

describe('a captured order that is recovered', () => {
  const recovered = (input: FulfilOrderInput) => endOf({ ...input, recover: true });

  test('puts back and refunds the parcel whose carrier was cancelled already', async () => {
    const { input, ham } = await givenCaptured();
    await runActivity(activities.cancelBooking, [ham]);
    const { status, orderId, ledger } = await recovered(input);
    expect(status).toBe('delivered');
    expect(operations(ledger.packs)).toEqual(['pack', 'pack', 'return_to_shelf']);
    const { grand } = await stack.database.order.findUniqueOrThrow({ where: { id: orderId } });
    expect(ledger.payments.at(-1)).toMatchObject({
      operation: 'refund',
      amount: input.grand.amount - Number(grand),
    });
  }, 60_000);

  /** An order whose parcel in HAM is out of it, and whose price is to be refunded. */
  const givenDueRefund = async () => {
    const { input, ham } = await givenCaptured();
    await runActivity(activities.cancelBooking, [ham]);
    await runActivity(activities.returnToShelf, [ham]);
    const { grand } = await runActivity(activities.dropParcel, [ham]);
    const amount = { ...grand, amount: input.grand.amount - grand.amount };
    const decidedBy = { type: 'support', id: 'sup_1' } as const;
    const refund = { step: refundOfUnshipped(['HAM']), amount, cause: 'not_shipped' as const, decidedBy };
    await decideRefund(stack.database.sql, { orderId: input.orderId, ...refund });
    return { input, amount };
  };

  test('does the refund that was decided, and was not done', async () => {
    const { input, amount } = await givenDueRefund();
    const { status, ledger } = await recovered(input);
    expect(status).toBe('delivered');
    expect(ledger.payments.at(-1)).toMatchObject({ operation: 'refund', amount: amount.amount });
  }, 60_000);

  test('leaves the refund alone that was written off', async () => {
    const { input } = await givenDueRefund();
    const step = { orderId: input.orderId, step: 'refund/not-shipped/HAM', kind: 'refund', subject: 'not-shipped/HAM' };
    await stack.database.sagaStep.create({ data: { ...step, state: 'skipped' } });
    expect((await stop({ orderId: input.orderId, limits })).dueRefunds).toEqual([]);
    const { status, ledger } = await recovered(input);
    expect(status).toBe('delivered');
    expect(operations(ledger.payments)).toEqual(['authorise', 'capture']);
  }, 60_000);

  test('voids the authorisations that were renewed before it was captured', async () => {
    const { input } = await givenCaptured({ grants: 3 });
    const { status, ledger } = await recovered(input);
    expect(status).toBe('delivered');
    expect(operations(ledger.payments).sort()).toEqual([
      ...['authorise', 'authorise', 'authorise', 'capture', 'void', 'void'],
    ]);
  }, 60_000);
});

test('a capture that was refused is not taken for refused where it cannot be voided either', async () => {
  const { input, order, ber, ham } = await givenPacked();
  for (const parcel of [ber, ham]) await book(parcel);
  await stack.sandbox.replaceFaults([
    { port: 'payment', operation: 'capture', kind: 'refuse', match: {}, times: 1 },
    { port: 'payment', operation: 'void', kind: 'refuse', match: {}, times: 1 },
  ]);
  const capture = () => runActivity(activities.capturePayment, [{ ...order, grant: 1 }]);
  await expect(capture()).rejects.toMatchObject({ type: 'PartyFault', nonRetryable: false });
  await capture();
  expect((await endOf(input)).status).toBe('delivered');
}, 60_000);

test('the books balance after all of it', async () => {
  expect((await verifyBooks(stack.url)).violations).toEqual([]);
});
