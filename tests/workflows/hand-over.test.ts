import { refundOfUnshipped } from '../../domain/step-kinds';
import { quickPolicy } from '../support/given';
import { refusal, refusedFirst, type Script } from '../support/scripted-activities';
import {
  attributesOf,
  BY_SUPPORT,
  detailsOf,
  startScriptedOrders,
  type ScriptedOrder,
  type ScriptedOrders,
} from '../support/scripted-orders';

let orders: ScriptedOrders;

beforeAll(async () => {
  orders = await startScriptedOrders();
});
afterAll(() => orders.stop());

const warehouses = ['BER', 'HAM'];
const reasonsOf = (order: ScriptedOrder) => order.inputsOf('stopOrder').map(({ reason }) => reason);
const GRAND = { amount: 4990, currency: 'EUR' };

/** An order whose hand-over was refused once, and which a person looks at. */
async function stuckAtHandOver(script: Script = {}) {
  const order = await orders.start({ handOver: refusedFirst(1, 'no_carrier'), ...script }, { warehouses });
  await order.untilStuck('hand-over');
  return order;
}

describe('a hand-over that is refused', () => {
  test('calls a person, who may try again or refund, and undoes nothing by itself', async () => {
    const order = await stuckAtHandOver();
    await order.until('needs_attention');
    expect(order.inputsOf('raiseAttention')).toMatchObject([
      { id: { kind: 'hand-over' }, actions: ['retry', 'refund'] },
    ]);
    expect(reasonsOf(order)).not.toContain('not_handed_over');
    await order.resolve('hand-over', 'retry');
    expect(await order.result()).toEqual({ status: 'delivered', reason: null });
    expect(order.calls.filter((call) => call === 'handOver')).toHaveLength(2);
    expect(await attributesOf(order.handle)).toMatchObject({ status: 'delivered', needsAttention: false });
  });

  test('refunded where no carrier has any parcel, the order fails with all goods back and all money refunded', async () => {
    const order = await stuckAtHandOver();
    await order.resolve('hand-over', 'refund');
    expect(await order.result()).toEqual({ status: 'failed', reason: 'not_handed_over' });
    expect(order.inputsOf('stopOrder')[0]).toMatchObject({ reason: 'not_handed_over', decision: BY_SUPPORT });
    const undone = order.calls.slice(order.calls.indexOf('stopOrder') + 1);
    expect([...undone].sort()).toEqual(
      [
        'cancelBooking BER',
        'cancelBooking HAM',
        'refundPayment',
        'releaseStock',
        'returnToShelf BER',
        'returnToShelf HAM',
        'stopOrder',
      ].sort(),
    );
    expect(order.inputsOf('refundPayment')).toMatchObject([{ step: refundOfUnshipped('rest'), amount: GRAND }]);
  });

  test('where the refund is refused, too, it is tried again or written off: the order comes to rest without it', async () => {
    const order = await stuckAtHandOver({ refundPayment: refusedFirst(1) });
    await order.resolve('hand-over', 'refund');
    await order.untilStuck('refund/not-shipped/rest');
    expect(order.inputsOf('raiseAttention').at(-1)).toMatchObject({ actions: ['retry', 'skip'] });
    await order.resolve('refund/not-shipped/rest', 'skip');
    expect(await order.result()).toEqual({ status: 'failed', reason: 'not_handed_over' });
    expect(order.calls.filter((call) => call === 'refundPayment')).toHaveLength(1);
    expect(await detailsOf(order.handle)).toContain('Written off: 49.90 EUR that the customer was to get back');
  });

  test('refunded in part, what a carrier has ships, and the rest is undone, taken out and refunded', async () => {
    const order = await stuckAtHandOver({ giveUpHandOver: () => ['HAM'] });
    await order.resolve('hand-over', 'refund');
    expect(await order.result()).toEqual({ status: 'delivered', reason: null });
    const given = order.calls.slice(order.calls.indexOf('giveUpHandOver') + 1);
    expect(given).toEqual(
      expect.arrayContaining(['cancelBooking HAM', 'returnToShelf HAM', 'dropParcel HAM', 'refundPayment', 'handOver']),
    );
    expect(given).not.toContain('returnToShelf BER');
    expect(given.indexOf('returnToShelf HAM')).toBeLessThan(given.indexOf('dropParcel HAM'));
    expect(order.inputsOf('refundPayment')).toMatchObject([
      { step: refundOfUnshipped(['HAM']), amount: { amount: 2990, currency: 'EUR' } },
    ]);
    expect(reasonsOf(order)).not.toContain('not_handed_over');
  });

  test('is tried again where it turns out that the carriers have every parcel', async () => {
    const order = await stuckAtHandOver({ giveUpHandOver: () => [] });
    await order.resolve('hand-over', 'refund');
    expect((await order.result()).status).toBe('delivered');
    expect(order.calls).not.toContain('refundPayment');
    expect(order.calls).not.toContain('voidPayment');
  });
});

test('a hand-over that keeps failing calls a person after a while, and is tried on meanwhile', async () => {
  let failures = 0;
  const handOver = () => {
    failures += 1;
    return failures < 20 ? Promise.reject(new Error('the carrier is away')) : null;
  };
  const policy = quickPolicy({ attentionAfterMs: 5000, retryInitialIntervalMs: 1000, retryMaxIntervalMs: 1000 });
  const { outcome, inputsOf } = await orders.run({ handOver }, { policy });
  expect(outcome.status).toBe('delivered');
  expect(inputsOf('raiseAttention')).toMatchObject([
    { id: { kind: 'hand-over' }, why: 'it keeps failing; first: the carrier is away' },
  ]);
  expect(inputsOf('lowerAttention')[0]?.resolution).toBeUndefined();
});

describe('a capture', () => {
  test('that keeps failing calls a person and is tried again, for the money may have been taken', async () => {
    let failures = 0;
    const capturePayment = () => {
      failures += 1;
      return failures < 20 ? Promise.reject(new Error('the bank is away')) : null;
    };
    const policy = quickPolicy({ attentionAfterMs: 5000, retryInitialIntervalMs: 1000, retryMaxIntervalMs: 1000 });
    const { outcome, inputsOf, calls } = await orders.run({ capturePayment }, { policy });
    expect(outcome.status).toBe('delivered');
    expect(inputsOf('raiseAttention')).toMatchObject([{ id: { kind: 'capture' }, actions: ['retry'] }]);
    expect(calls).not.toContain('voidPayment');
  });

  test.each([
    ['is refused', 'payment_declined', 'rejected'],
    ['is proven not to have happened', 'party_unavailable', 'failed'],
  ] as const)('that %s unwinds', async (_, reason, status) => {
    const { outcome, calls } = await orders.run({ capturePayment: () => Promise.reject(refusal(reason)) });
    expect(outcome).toEqual({ status, reason });
    expect(calls).toEqual(expect.arrayContaining(['voidPayment', 'returnToShelf BER', 'releaseStock']));
  });
});
