import { WithStartWorkflowOperation } from '@temporalio/client';
import { createActivities, type FulfilmentActivities } from '../../activities';
import { decideRefund } from '../../activities/payment/refund';
import { createSandboxParties } from '../../adapters/sandbox';
import {
  CANCEL_ORDER,
  FULFIL_ORDER,
  type CancelAnswer,
  type Decision,
  type FulfilOrderInput,
} from '../../contracts/workflow/order';
import { FULFILMENT_TASK_QUEUE } from '../../contracts/workflow/task-queues';
import { workflowIdOf } from '../../domain/steps';
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
}, 20_000);
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
  await runActivity(activities.validateOrder, [order]);
  const { parcels } = await runActivity(activities.reserveStock, [{ ...order, leg: 1, shortfall: 'refuse' as const }]);
  await runActivity(activities.authorisePayment, [{ ...order, grant: 1, amount: input.grand }]);
  for (const parcel of parcels) await runActivity(activities.packParcel, [{ ...order, ...parcel, leg: 1 }]);
  const [ber, ham] = parcels.map((parcel) => ({ ...order, ...parcel, leg: 1 }));
  if (ber === undefined || ham === undefined) throw new Error('there are not two parcels');
  return { input, order, ber, ham };
}

const book = (parcel: Awaited<ReturnType<typeof givenPacked>>['ber']) =>
  runActivity(activities.bookCarrier, [{ ...parcel, carrierAttempts: 1 }]);

async function endOf(input: FulfilOrderInput) {
  await stack.temporal.start(input);
  return stack.untilEnd(input.orderId);
}

const CUSTOMER: Decision = { actor: { type: 'customer', id: 'cus_1' }, noteId: null };

/** Cancels an order in the very task that is tried again. */
const cancelled = (input: FulfilOrderInput): Promise<CancelAnswer> =>
  stack.temporal.env.client.workflow.executeUpdateWithStart(CANCEL_ORDER, {
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
  const { status, reason, ledger } = await stack.untilEnd(input.orderId);
  expect([status, reason]).toEqual(['cancelled', 'cancelled_by_customer']);
  expect(operations(ledger.payments)).toEqual(['authorise', 'void']);
  expect(operations(ledger.labels)).toEqual(['book', 'cancel']);
}, 20_000);

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
      ({ order, input }: Awaited<ReturnType<typeof givenPacked>>) =>
        runActivity(activities.capturePayment, [{ ...order, grant: 1, amount: input.grand }]),
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
      const { status, orderId, ledger } = await stack.untilEnd(packed.input.orderId);
      expect(status).toBe('delivered');
      expect(operations(ledger.payments)).toEqual(['authorise', 'capture']);
      const told = { actorType: 'customer', note: { startsWith: 'the cancel came too late' } };
      expect(await stack.database.timelineEntry.count({ where: { orderId, ...told } })).toBe(1);
      expect(ledger.messages.map(({ template }) => template)).toContain('order-not-cancelled');
    },
    20_000,
  );

  test('is cancelled where nothing was captured, and nothing can be any more', async () => {
    const packed = await givenBooked();
    expect(await cancelled(packed.input)).toEqual({ outcome: 'accepted' });
    const { status, reason, ledger } = await stack.untilEnd(packed.input.orderId);
    expect([status, reason]).toEqual(['cancelled', 'cancelled_by_customer']);
    expect(operations(ledger.payments)).toEqual(['authorise', 'void']);
    await expect(captureAtProvider(packed.input)).rejects.toMatchObject({ name: 'PartyRefused' });
  }, 20_000);
});

describe('an order whose leg the lost task ended', () => {
  const endLeg = ({ order }: Awaited<ReturnType<typeof givenPacked>>) =>
    runActivity(activities.beginRetry, [
      { orderId: order.orderId, leg: 1, reason: 'no_carrier' as const, renewMs: 60_000 },
    ]);

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
  }, 20_000);

  test('ships the rest also where the provider alone knows that the lost task captured it, and it is cancelled', async () => {
    const { input, grand } = await givenDropped();
    const { orderId } = input;
    await captureAtProvider({ ...input, grand });
    const known = ['reserve-stock', 'authorise-payment', 'pack/BER', 'book/BER', 'pack/HAM', 'book/HAM'];
    const unwinding = { orderId, reason: 'cancelled_by_customer' as const, decision: CUSTOMER, known };
    expect(await runActivity(activities.beginUnwinding, [unwinding])).toBe(false);
    expect((await endOf(input)).status).toBe('delivered');
  }, 20_000);

  test('ships the rest also where the lost task captured it', async () => {
    const { input, order, grand } = await givenDropped();
    await runActivity(activities.capturePayment, [{ ...order, grant: 1, amount: grand }]);
    expect((await endOf(input)).status).toBe('delivered');
  }, 20_000);
});

/** An order of two parcels that was captured, from the newest of its authorisations, and not handed over yet. */
async function givenCaptured({ grants = 1 }: { grants?: number } = {}) {
  const packed = await givenPacked();
  const { input, order, ber, ham } = packed;
  for (const parcel of [ber, ham]) await book(parcel);
  for (let grant = 2; grant <= grants; grant += 1) {
    await runActivity(activities.authorisePayment, [{ ...order, grant, amount: input.grand }]);
  }
  await runActivity(activities.capturePayment, [{ ...order, grant: grants, amount: input.grand }]);
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
  const { status, reason, ledger } = await stack.untilEnd(input.orderId);
  expect([status, reason]).toEqual(['failed', 'not_handed_over']);
  expect(ledger.payments.at(-1)).toMatchObject({ operation: 'refund', amount: input.grand.amount });
}, 20_000);

test('an order that was captured is not tried again, whatever was given up of it since', async () => {
  const { input, ham } = await givenCaptured();
  await runActivity(activities.cancelBooking, [ham]);
  const { status, ledger } = await endOf(input);
  expect(status).toBe('delivered');
  expect(operations(ledger.payments)).toEqual(['authorise', 'capture', 'refund']);
}, 20_000);

describe('a captured order that is taken up again', () => {
  const takenUp = (input: FulfilOrderInput) => endOf({ ...input, recover: true });

  test('puts back and refunds the parcel whose carrier was cancelled already', async () => {
    const { input, ham } = await givenCaptured();
    await runActivity(activities.cancelBooking, [ham]);
    const { status, orderId, ledger } = await takenUp(input);
    expect(status).toBe('delivered');
    expect(operations(ledger.packs)).toEqual(['pack', 'pack', 'return_to_shelf']);
    const { grand } = await stack.database.order.findUniqueOrThrow({ where: { id: orderId } });
    expect(ledger.payments.at(-1)).toMatchObject({
      operation: 'refund',
      amount: input.grand.amount - Number(grand),
    });
  }, 20_000);

  /** An order whose parcel in HAM is out of it, and whose price is to be refunded. */
  const givenDueRefund = async () => {
    const { input, ham } = await givenCaptured();
    await runActivity(activities.cancelBooking, [ham]);
    await runActivity(activities.returnToShelf, [ham]);
    const { grand } = await runActivity(activities.dropParcel, [ham]);
    const amount = { ...grand, amount: input.grand.amount - grand.amount };
    const decidedBy = { type: 'support', id: 'sup_1' } as const;
    const refund = { refund: 'not-shipped/HAM', amount, cause: 'not_shipped' as const, decidedBy };
    await decideRefund(stack.database.sql, { orderId: input.orderId, ...refund });
    return { input, amount };
  };

  test('does the refund that was decided, and was not done', async () => {
    const { input, amount } = await givenDueRefund();
    const { status, ledger } = await takenUp(input);
    expect(status).toBe('delivered');
    expect(ledger.payments.at(-1)).toMatchObject({ operation: 'refund', amount: amount.amount });
  }, 20_000);

  test('leaves the refund alone that was written off', async () => {
    const { input } = await givenDueRefund();
    const step = { orderId: input.orderId, step: 'refund/not-shipped/HAM' };
    await stack.database.sagaStep.create({ data: { ...step, state: 'skipped' } });
    const standing = await runActivity(activities.readStanding, [{ orderId: input.orderId, limits }]);
    expect(standing.dueRefunds).toBeUndefined();
    const { status, ledger } = await takenUp(input);
    expect(status).toBe('delivered');
    expect(operations(ledger.payments)).toEqual(['authorise', 'capture']);
  }, 20_000);

  test('voids the authorisations that were renewed before it was captured', async () => {
    const { input } = await givenCaptured({ grants: 3 });
    const { status, ledger } = await takenUp(input);
    expect(status).toBe('delivered');
    expect(operations(ledger.payments).sort()).toEqual([
      ...['authorise', 'authorise', 'authorise', 'capture', 'void', 'void'],
    ]);
  }, 20_000);

  test('cancels at the carriers that were given up for another', async () => {
    const { input, ber } = await givenCaptured();
    const key = `${input.orderId}/book/BER`;
    const [, other] = createSandboxParties(stack.database).carriers;
    if (other === undefined) throw new Error('there is no second carrier');
    const order = { orderId: input.orderId, clientReference: 'test', customerId: 'cus_1' };
    const recipient = await stack.database.recipient.findUniqueOrThrow({ where: { orderId: input.orderId } });
    await other.book({ key, order, shipmentId: ber.shipmentId, warehouse: 'BER', recipient });
    const row = { orderId_step: { orderId: input.orderId, step: 'book/BER' } };
    const { result } = await stack.database.sagaStep.findUniqueOrThrow({ where: row });
    const booking = { ...(result as object), givenUp: [other.carrier] };
    await stack.database.sagaStep.update({ where: row, data: { result: booking } });
    const { status, ledger } = await takenUp(input);
    expect(status).toBe('delivered');
    expect(ledger.labels.map(({ carrier, operation }) => `${carrier} ${operation}`)).toContain('hansa-kurier cancel');
  }, 20_000);
});

test('a capture that was refused is not taken for refused where it cannot be voided either', async () => {
  const { input, order, ber, ham } = await givenPacked();
  for (const parcel of [ber, ham]) await book(parcel);
  await stack.sandbox.replaceFaults([
    { port: 'payment', operation: 'capture', kind: 'refuse', match: {}, times: 1 },
    { port: 'payment', operation: 'void', kind: 'refuse', match: {}, times: 1 },
  ]);
  const capture = () => runActivity(activities.capturePayment, [{ ...order, grant: 1, amount: input.grand }]);
  await expect(capture()).rejects.toMatchObject({ type: 'PartyFault', nonRetryable: false });
  await capture();
  expect((await endOf(input)).status).toBe('delivered');
}, 20_000);

test('the books balance after all of it', async () => {
  expect((await verifyBooks(stack.url)).violations).toEqual([]);
});
