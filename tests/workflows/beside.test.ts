import { quickPolicy } from '../support/given';
import type { Script } from '../support/scripted-activities';
import { startScriptedOrders, type ScriptedOrders } from '../support/scripted-orders';

let orders: ScriptedOrders;

beforeAll(async () => {
  orders = await startScriptedOrders();
});
afterAll(() => orders.stop());

test('a run ends when all is written of what was stuck beside the order, whatever came to rest first', async () => {
  let isRaised = false;
  const script: Script = {
    bookCarrier: () => ({ carrier: 'hansa-kurier', trackingNumber: 'H1', givenUp: ['nordpost'] }),
    raiseAttention: () => {
      isRaised = true;
      return { since: '2026-01-31T09:00:00Z', status: 'delivered' };
    },
    cancelGivenUp: () => {
      if (!isRaised) throw new Error('the carrier is away');
      return null;
    },
  };
  const order = await orders.start(script, { policy: quickPolicy({ attentionAfterMs: 300 }) });
  expect(await order.result()).toEqual({ status: 'delivered', reason: null });
  expect(order.inputsOf('raiseAttention')).toMatchObject([{ step: 'given-up/BER', actions: ['retry', 'skip'] }]);
  expect(order.inputsOf('lowerAttention')).toMatchObject([{ step: 'given-up/BER' }]);
});
