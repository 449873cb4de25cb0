import { WithStartWorkflowOperation } from '@temporalio/client';
import { createActivities, type FulfilmentActivities } from '../../activities';
import { createSandboxParties } from '../../adapters/sandbox';
import {
  CANCEL_ORDER,
  FULFIL_ORDER,
  type CancelAnswer,
  type Decision,
  type FulfilOrderInput,
} from '../../contracts/saga';
import { FULFILMENT_TASK_QUEUE } from '../../contracts/task-queues';
import { workflowIdOf } from '../../domain/steps';
import { verifyBooks } from '../../infra/books/verify';
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

test('cancelled in the task that is tried again, an order that the lost task captured is delivered all the same', async () => {
  const { input, order, ber, ham } = await givenPacked();
  for (const parcel of [ber, ham]) await book(parcel);
  await runActivity(activities.capturePayment, [{ ...order, grant: 1, amount: input.grand }]);
  await cancelled(input);
  const { status, ledger } = await stack.untilEnd(input.orderId);
  expect(status).toBe('delivered');
  expect(operations(ledger.payments)).toEqual(['authorise', 'capture']);
}, 20_000);

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

  test('ships the rest also where the lost task captured it', async () => {
    const { input, order, grand } = await givenDropped();
    await runActivity(activities.capturePayment, [{ ...order, grant: 1, amount: grand }]);
    expect((await endOf(input)).status).toBe('delivered');
  }, 20_000);
});

test('the books balance after all of it', async () => {
  expect((await verifyBooks(stack.url)).violations).toEqual([]);
});
