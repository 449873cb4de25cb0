import { Deferred } from '../support/deferred';
import { eventually } from '../support/eventually';
import { quickPolicy } from '../support/given';
import { startScriptedOrders, type ScriptedOrders } from '../support/scripted-orders';

let orders: ScriptedOrders;

beforeAll(async () => {
  orders = await startScriptedOrders();
});
afterAll(() => orders.stop());

test('a run ends when all is written of what was stuck, whatever came to rest first', async () => {
  const untilWritten = new Deferred();
  let isRaised = false;
  const order = await orders.start(
    {
      raiseAttention: () => void (isRaised = true),
      // The hand-over succeeds by itself, and the order is delivered, before it is written that nobody is needed.
      handOver: () => {
        if (!isRaised) throw new Error('the carrier is away');
      },
      lowerAttention: () => untilWritten.promise,
    },
    { policy: quickPolicy({ attentionAfterMs: 300 }) },
  );
  await eventually(
    () => order.inputsOf('lowerAttention'),
    (lowered) => lowered.length > 0,
  );
  expect((await order.handle.describe()).status.name).toBe('RUNNING');
  untilWritten.resolve();
  expect(await order.result()).toEqual({ status: 'delivered', reason: null });
  expect(order.inputsOf('raiseAttention')).toMatchObject([{ id: { kind: 'hand-over' }, actions: ['retry', 'refund'] }]);
});
