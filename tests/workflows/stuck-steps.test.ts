import { refusals } from '../../contracts/workflow/decisions';
import { Deferred } from '../support/deferred';
import { eventually } from '../support/eventually';
import { quickPolicy } from '../support/given';
import { refusal, refusedFirst, type Script } from '../support/scripted-activities';
import {
  attributesOf,
  BY_SUPPORT,
  detailsOf,
  refusalOf,
  startScriptedOrders,
  type ScriptedOrders,
} from '../support/scripted-orders';

let orders: ScriptedOrders;

beforeAll(async () => {
  orders = await startScriptedOrders();
});
afterAll(() => orders.stop());

const HOUR_MS = 3_600_000;
/** The last step before the pivot is refused, so that everything is undone. */
const UNDONE: Script = { capturePayment: () => Promise.reject(refusal('payment_declined')) };
const REJECTED = { status: 'rejected', reason: 'payment_declined' };
const timesOf = (calls: string[], call: string) => calls.filter((each) => each === call).length;

describe('a refused undo', () => {
  test('makes the order findable and says what is stuck, why, since when and what frees it', async () => {
    const order = await orders.start({ ...UNDONE, voidPayment: refusedFirst(1) });
    await order.until('needs_attention');
    expect(order.inputsOf('raiseAttention')).toMatchObject([
      { id: { kind: 'authorise-payment' }, why: 'payment_declined', actions: ['retry', 'skip'] },
    ]);
    expect(await attributesOf(order.handle)).toEqual({
      status: 'needs_attention',
      reason: 'payment_declined',
      needsAttention: true,
      stuckStep: 'authorise-payment',
    });
    expect(await detailsOf(order.handle)).toContain(
      '**Needs attention:** “Void the authorisation” (`authorise-payment`) is stuck since 2026-01-31T09:00:00Z: payment_declined. Remove the cause',
    );
    expect(await detailsOf(order.handle)).toContain(`/v1/orders/${order.input.orderId}/saga/resolutions`);
    await order.resolve('authorise-payment', 'retry');
    await order.result();
    expect(await attributesOf(order.handle)).toMatchObject({ status: 'rejected', needsAttention: false });
    expect((await attributesOf(order.handle)).stuckStep).toBeUndefined();
  });

  test('holds only its own chain: the goods go back meanwhile, and the order does not rest', async () => {
    const order = await orders.start({ ...UNDONE, voidPayment: refusedFirst(1) });
    await order.untilStuck('authorise-payment');
    await order.until('needs_attention');
    expect(order.calls).toEqual(expect.arrayContaining(['cancelBooking BER', 'returnToShelf BER', 'releaseStock']));
    expect(timesOf(order.calls, 'stopOrder')).toBe(1);
    await order.resolve('authorise-payment', 'retry');
    expect(await order.result()).toEqual(REJECTED);
  });

  test('holds what comes after it in its own chain', async () => {
    const order = await orders.start({ ...UNDONE, returnToShelf: refusedFirst(1) });
    await order.until('needs_attention');
    expect(order.calls).toContain('voidPayment');
    expect(order.calls).not.toContain('releaseStock');
    await order.resolve('pack/BER', 'retry');
    expect(await order.result()).toEqual(REJECTED);
    expect(order.calls.indexOf('releaseStock')).toBeGreaterThan(order.calls.lastIndexOf('returnToShelf BER'));
  });

  test('is tried again on retry, and calls a person again where it is refused again', async () => {
    const order = await orders.start({ ...UNDONE, voidPayment: refusedFirst(2) });
    for (const times of [1, 2]) {
      await order.untilStuck('authorise-payment');
      expect(timesOf(order.calls, 'voidPayment')).toBe(times);
      await order.resolve('authorise-payment', 'retry');
    }
    expect(await order.result()).toEqual(REJECTED);
    expect(timesOf(order.calls, 'voidPayment')).toBe(3);
    expect(order.inputsOf('lowerAttention')).toMatchObject([
      { id: { kind: 'authorise-payment' }, resolution: { ...BY_SUPPORT, action: 'retry' } },
      { id: { kind: 'authorise-payment' }, resolution: { ...BY_SUPPORT, action: 'retry' } },
    ]);
  });

  test('is written off on skip, by whom and with which note, and the order comes to rest', async () => {
    const order = await orders.start({ ...UNDONE, returnToShelf: refusedFirst(1) });
    await order.untilStuck('pack/BER');
    await order.resolve('pack/BER', 'skip');
    expect(await order.result()).toEqual(REJECTED);
    expect(timesOf(order.calls, 'returnToShelf BER')).toBe(1);
    expect(order.calls).toContain('releaseStock');
    expect(order.inputsOf('lowerAttention')).toMatchObject([
      { id: { kind: 'pack', parcel: 'BER' }, resolution: { ...BY_SUPPORT, action: 'skip' } },
    ]);
    expect(order.calls.indexOf('lowerAttention')).toBeLessThan(order.calls.lastIndexOf('stopOrder'));
    expect(await detailsOf(order.handle)).toMatch(/`pack\/BER` .* not undone: written off/);
  });

  test('is not asked for again while its write-off is not in the books yet', async () => {
    const lowerAttention = jest.fn().mockRejectedValueOnce(new Error('our database is away'));
    const order = await orders.start({ ...UNDONE, voidPayment: refusedFirst(9), lowerAttention });
    await order.untilStuck('authorise-payment');
    await order.resolve('authorise-payment', 'skip');
    expect(await order.result()).toEqual(REJECTED);
    expect(timesOf(order.calls, 'voidPayment')).toBe(1);
    expect(order.inputsOf('raiseAttention')).toHaveLength(1);
  });
});

describe('an undo that keeps failing', () => {
  const policy = quickPolicy({
    attentionAfterMs: 60_000,
    retryInitialIntervalMs: 24 * HOUR_MS,
    retryMaxIntervalMs: 24 * HOUR_MS,
  });
  const lasted = async (handle: Parameters<typeof detailsOf>[0]) => {
    const { startTime, closeTime } = await handle.describe();
    return (closeTime?.getTime() ?? Infinity) - startTime.getTime();
  };

  test('calls a person after the time that the policy gives, and is tried at once on retry, out of a long back-off', async () => {
    let away = true;
    const voidPayment = () => (away ? Promise.reject(new Error('the bank is away')) : null);
    const order = await orders.start({ ...UNDONE, voidPayment }, { policy });
    await order.until('compensating');
    expect(order.calls).not.toContain('raiseAttention');
    await orders.temporal.env.sleep('2 minutes');
    await order.untilStuck('authorise-payment');
    expect(order.inputsOf('raiseAttention')[0]?.why).toBe('it keeps failing; first: the bank is away');
    away = false;
    await order.resolve('authorise-payment', 'retry');
    expect(await order.result()).toEqual(REJECTED);
    expect(await lasted(order.handle)).toBeLessThan(HOUR_MS);
  });

  test('needs nobody any more where it succeeds by itself', async () => {
    let failures = 0;
    const voidPayment = () => {
      failures += 1;
      return failures < 4 ? Promise.reject(new Error('the bank is away')) : null;
    };
    const { outcome, inputsOf, handle } = await orders.run({ ...UNDONE, voidPayment }, { policy });
    expect(outcome).toEqual(REJECTED);
    expect(inputsOf('raiseAttention')).toHaveLength(1);
    const [lowered] = inputsOf('lowerAttention');
    expect([lowered?.id?.kind, lowered?.resolution]).toEqual(['authorise-payment', undefined]);
    expect((await attributesOf(handle)).needsAttention).toBe(false);
  });
});

describe('a resolution is refused, naming what would be right,', () => {
  test('where the step is not stuck, the action does not free it, or nothing is stuck', async () => {
    const order = await orders.start({ ...UNDONE, voidPayment: refusedFirst(1) });
    await order.untilStuck('authorise-payment');
    expect(await refusalOf(order.resolve('pack/BER', 'retry'))).toMatchObject({
      type: refusals.notDue,
      message: 'the step pack/BER is not stuck; stuck is authorise-payment',
      details: [{ field: 'step' }],
    });
    expect(await refusalOf(order.resolve('authorise-payment', 'refund'))).toMatchObject({
      message: 'refund does not apply to authorise-payment: use retry or skip',
      details: [{ field: 'action' }],
    });
    await order.resolve('authorise-payment', 'skip');
    expect(await order.result()).toEqual(REJECTED);
  });

  test('where somebody was faster, also where both are heard at the same moment', async () => {
    const untilSent = new Deferred();
    const raised = { voidPayment: refusedFirst(1), cancelBooking: () => untilSent.promise };
    const order = await orders.start({ ...UNDONE, ...raised }, { policy: quickPolicy({ firstTryTimeoutMs: 8000 }) });
    await eventually(
      () => order.inputsOf('raiseAttention'),
      (calls) => calls.length === 1,
    );
    const answers = (['retry', 'skip'] as const).map((action) => refusalOf(order.resolve('authorise-payment', action)));
    await order.handle.describe();
    untilSent.resolve();
    const [first, second] = await Promise.all(answers);
    const accepted = first === 'accepted' ? 'retry' : 'skip';
    expect(accepted === 'retry' ? second : first).toMatchObject({
      message: `the step authorise-payment is not stuck any more: somebody chose ${accepted} before`,
      details: [{ field: 'step' }],
    });
    expect(await order.result()).toEqual(REJECTED);
  });

  test('where the order waits for something else', async () => {
    const order = await orders.start({ validateOrder: () => ({ verdict: 'review' }) });
    await order.until('in_review');
    expect(await refusalOf(order.resolve('validate', 'retry'))).toMatchObject({
      message: 'the step validate is not stuck; no step is',
    });
    await order.handle.cancel();
    await order.result();
  });
});

test('of two that are stuck at once one is found, then the other; each is freed alone', async () => {
  const order = await orders.start({ ...UNDONE, voidPayment: refusedFirst(1), cancelBooking: refusedFirst(1) });
  await eventually(
    () => order.inputsOf('raiseAttention'),
    (raised) => raised.length === 2,
  );
  await order.until('needs_attention');
  const { stuckStep } = await attributesOf(order.handle);
  expect(await detailsOf(order.handle)).toContain('(`book/BER`) is stuck');
  expect(await detailsOf(order.handle)).toContain('(`authorise-payment`) is stuck');
  await order.resolve(stuckStep ?? '', 'retry');
  const other = stuckStep === 'book/BER' ? 'authorise-payment' : 'book/BER';
  await order.untilStuck(other);
  expect(timesOf(order.calls, 'stopOrder')).toBe(1);
  await order.resolve(other, 'skip');
  expect(await order.result()).toEqual(REJECTED);
});

test('a forward step that our own failures hold up offers retry alone', async () => {
  let away = true;
  const policy = quickPolicy({
    attentionAfterMs: 60_000,
    retryInitialIntervalMs: HOUR_MS,
    retryMaxIntervalMs: HOUR_MS,
  });
  const packParcel = () => (away ? Promise.reject(new Error('the database is away')) : null);
  const order = await orders.start({ packParcel }, { policy });
  await orders.temporal.env.sleep('2 minutes');
  await order.untilStuck('pack/BER');
  expect(order.inputsOf('raiseAttention')).toMatchObject([{ id: { kind: 'pack', parcel: 'BER' }, actions: ['retry'] }]);
  away = false;
  await order.resolve('pack/BER', 'retry');
  expect((await order.result()).status).toBe('delivered');
});
