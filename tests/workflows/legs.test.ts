import { policy as policies } from '../../contracts/policy';
import { Deferred } from '../support/deferred';
import { outlived, refusal, scheduled, type Script } from '../support/scripted-activities';
import { attributesOf, detailsOf, startScriptedOrders, type ScriptedOrders } from '../support/scripted-orders';

let orders: ScriptedOrders;

beforeAll(async () => {
  orders = await startScriptedOrders();
});
afterAll(() => orders.stop());

const MINUTE_MS = 60_000;
const policy = policies.parse({});
const noCarrier = () => Promise.reject(refusal('no_carrier'));

/** No carrier takes the parcel in the first `legs`. */
const noCarrierIn = (legs: number): Script => ({
  bookCarrier: ({ leg = 1 }) => (leg <= legs ? noCarrier() : { carrier: 'nordpost', trackingNumber: 'N1' }),
});
const timesOf = (calls: string[], call: string) => calls.filter((each) => each === call).length;
const BACK = ['cancelBooking BER', 'returnToShelf BER', 'releaseStock'];
const AGAIN = ['reserveStock', 'packParcel BER', 'bookCarrier BER'];

describe('an order that no carrier takes', () => {
  test('has its leg fenced, its goods put back newest first, and begins a new leg with the authorisation kept', async () => {
    const { outcome, calls } = await orders.run(noCarrierIn(1), { policy });
    expect(outcome.status).toBe('delivered');
    expect(calls.slice(1)).toEqual([
      ...['reserveStock', 'authorisePayment', 'packParcel BER', 'bookCarrier BER'],
      ...['stopOrder', ...BACK],
      ...[...AGAIN, 'capturePayment', 'handOver', 'stopOrder'],
    ]);
  });

  test('is found by its wait no more, once it is tried again', async () => {
    const untilFound = new Deferred();
    const inSecondLeg = scheduled(() => untilFound.promise);
    const packParcel: Script['packParcel'] = (input) => (input.leg === 2 ? inSecondLeg(input) : null);
    const order = await orders.start({ ...noCarrierIn(1), packParcel }, { policy: { ...policy, carrierRetryMs: 100 } });
    await order.until('authorised');
    untilFound.resolve();
    expect((await order.result()).status).toBe('delivered');
  });

  test('names the steps of its second leg apart', async () => {
    const { handle, inputsOf } = await orders.run(noCarrierIn(1), { policy });
    const details = await detailsOf(handle);
    for (const step of ['reserve-stock', 'pack/BER', 'book/BER']) {
      expect(details).toMatch(new RegExp(`\`${step}\` .* ↩️ undone`));
      expect(details).toMatch(new RegExp(`\`${step}#2\` .* done`));
    }
    expect(inputsOf('packParcel').map(({ leg }) => leg)).toEqual([1, 2]);
    expect(inputsOf('handOver')).toMatchObject([{ leg: 2 }]);
  });

  test('can be found while it waits, and says what happens next', async () => {
    const order = await orders.start(noCarrierIn(1), { policy });
    await order.until('pending_retry');
    expect(await detailsOf(order.handle)).toContain(
      'The goods go back on the shelf. Later, stock is reserved again and carriers are asked again.',
    );
    await order.result();
  });

  test.each([
    ['refused', noCarrier, { status: 'rejected', reason: 'no_carrier' }],
    ['could not be reached', () => Promise.reject(outlived()), { status: 'failed', reason: 'party_unavailable' }],
  ])('is tried three times more, fifteen minutes apart, and then undone: they %s', async (_, bookCarrier, result) => {
    const { outcome, calls, handle, inputsOf } = await orders.run({ bookCarrier }, { policy });
    expect(outcome).toEqual(result);
    expect(timesOf(calls, 'reserveStock')).toBe(4);
    expect(inputsOf('stopOrder').map(({ failedLeg }) => failedLeg)).toEqual([1, 2, 3, 4, undefined]);
    expect(inputsOf('releaseStock').map(({ leg }) => leg)).toEqual(expect.arrayContaining([1, 2, 3, 4]));
    expect(timesOf(calls, 'authorisePayment')).toBe(1);
    expect(timesOf(calls, 'voidPayment')).toBe(1);
    const { startTime, closeTime } = await handle.describe();
    const minutes = ((closeTime?.getTime() ?? 0) - startTime.getTime()) / MINUTE_MS;
    expect(Math.floor(minutes)).toBe(result.status === 'failed' ? 47 : 45);
  });

  test.each([0, 1, 5])('is tried %i times more where the policy says so', async (carrierRetries) => {
    const over = { policy: { ...policy, carrierRetries } };
    const { outcome, calls } = await orders.run({ bookCarrier: noCarrier }, over);
    expect(outcome).toEqual({ status: 'rejected', reason: 'no_carrier' });
    expect(timesOf(calls, 'reserveStock')).toBe(carrierRetries + 1);
  });

  test('is undone where its stock is gone in the next leg', async () => {
    const reserveStock = ({ leg = 1 }) => (leg === 1 ? undefined : Promise.reject(refusal('out_of_stock')));
    const first = await orders.run({ ...noCarrierIn(1), reserveStock }, { policy, shipAvailable: true });
    expect(first.outcome).toEqual({ status: 'rejected', reason: 'out_of_stock' });
  });
});

describe('an authorisation that would lapse while the order waits', () => {
  const renewingAfter = (renewInMs: number) => ({ policy, books: { renewInMs } });
  const grantsOf = (inputs: { grant?: number }[]) => inputs.map(({ grant }) => grant);

  test('is renewed before it does, and the new one captured; the run leaves the old one to the books', async () => {
    const { outcome, inputsOf } = await orders.run(noCarrierIn(1), renewingAfter(5 * MINUTE_MS));
    expect(outcome.status).toBe('delivered');
    expect(grantsOf(inputsOf('authorisePayment'))).toEqual([1, 2]);
    // The older one is owed by the books from the transaction on that authorises the newer one.
    expect(inputsOf('voidPayment')).toEqual([]);
    expect(inputsOf('capturePayment')).toMatchObject([{ grant: 2 }]);
  });

  test('is renewed as often as the wait takes', async () => {
    const often = { ...renewingAfter(0), policy: { ...policy, authorisationRenewMs: 5 * MINUTE_MS } };
    const { inputsOf } = await orders.run(noCarrierIn(1), often);
    expect(grantsOf(inputsOf('authorisePayment'))).toEqual([1, 2, 3, 4]);
    expect(inputsOf('voidPayment')).toEqual([]);
    expect(inputsOf('capturePayment')).toMatchObject([{ grant: 4 }]);
  });

  test.each([
    ['is declined', () => Promise.reject(refusal('payment_declined')), 'expired', 'authorisation_lapsed'],
    ['finds no bank', () => Promise.reject(outlived()), 'failed', 'party_unavailable'],
  ])('undoes the order where the renewal %s', async (_, renewal, status, reason) => {
    const authorisePayment = ({ grant = 1 }) => (grant === 1 ? null : renewal());
    const { outcome, inputsOf, handle } = await orders.run({ ...noCarrierIn(1), authorisePayment }, renewingAfter(0));
    expect(outcome).toEqual({ status, reason });
    expect(new Set(grantsOf(inputsOf('voidPayment')))).toEqual(new Set([1, 2]));
    expect(await attributesOf(handle)).toMatchObject({ status, reason });
  });
});
