import { ApplicationFailure } from '@temporalio/common';
import { failureTypes } from '../../contracts/failures';
import { startScriptedOrders, type ScriptedOrders } from '../support/scripted-orders';

let orders: ScriptedOrders;
beforeAll(async () => {
  orders = await startScriptedOrders();
});
afterAll(() => orders.stop());

test('a failure that no rule foresees fails the workflow task, undoes nothing, and once it is mended the order goes on', async () => {
  let mended = false;
  const bug = () => {
    if (mended) return null;
    mended = true;
    throw ApplicationFailure.create({ type: failureTypes.conflict, message: 'our bug', nonRetryable: true });
  };
  const { handle, outcome, inputsOf } = await orders.run({ authorisePayment: bug });
  expect(outcome).toEqual({ status: 'delivered', reason: null });
  expect(inputsOf('stopOrder').map(({ reason }) => reason)).toEqual([undefined]);
  const { events } = await handle.fetchHistory();
  const failed = (events ?? []).flatMap(({ workflowTaskFailedEventAttributes: task }) => task?.failure?.message ?? []);
  expect(failed).toEqual(['the order stopped in a way that no rule foresees']);
}, 30_000);
