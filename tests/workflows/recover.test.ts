import { refusals } from '../../contracts/workflow/decisions';
import type { FulfilOrderInput, LegParcel } from '../../contracts/workflow/order';
import { refundOfUnshipped, type StepId } from '../../domain/step-kinds';
import { quickPolicy } from '../support/given';
import { refusal, scheduled, type Script, type ScriptInput } from '../support/scripted-activities';
import { applied, type GivenBooks } from '../support/scripted-books';
import { attributesOf, refusalOf, send, startScriptedOrders, type ScriptedOrders } from '../support/scripted-orders';

let orders: ScriptedOrders;

beforeAll(async () => {
  orders = await startScriptedOrders();
});
afterAll(() => orders.stop());

const HOUR_MS = 3_600_000;
const euros = (amount: number) => ({ amount, currency: 'EUR' });
const parcelIn = (warehouse: string, leg: number, status: LegParcel['status'] = 'booked'): LegParcel => ({
  leg,
  status,
  parcel: warehouse,
  warehouse,
  shipmentId: `shp_${leg}_${warehouse}`,
  lines: [{ sku: 'MUG-001', quantity: 1 }],
});
const stepsOf = (parcels: readonly LegParcel[], grants = 1) => {
  const legs = [...new Set(parcels.map(({ leg }) => leg))];
  const ids: StepId[] = [
    ...legs.map((leg): StepId => ({ kind: 'reserve-stock', leg })),
    ...Array.from({ length: grants }, (_, index): StepId => ({ kind: 'authorise-payment', grant: index + 1 })),
    ...parcels.flatMap(({ leg, parcel }): StepId[] => [
      { kind: 'pack', leg, parcel },
      { kind: 'book', leg, parcel },
    ]),
  ];
  return ids.map(applied);
};
const BER = [parcelIn('BER', 1)];
const PACKED: GivenBooks = { status: 'packed', parcels: BER, steps: stepsOf(BER) };
const CAPTURED: GivenBooks = { ...PACKED, status: 'paid', captured: true };

/** Recovers an order whose earlier run is gone, or, if it is interrupted, was terminated. */
const recovered = (books: GivenBooks, script: Script = {}, over: Partial<FulfilOrderInput> = {}) =>
  orders.run(script, { recover: true, books, ...over });
const INTERRUPTED = { interrupted: true } as const;

test('captured, it goes on from there to its delivery, be it gone or terminated', async () => {
  for (const over of [{}, INTERRUPTED]) {
    const { outcome, calls } = await recovered(CAPTURED, {}, over);
    expect(outcome).toEqual({ status: 'delivered', reason: null });
    expect(calls).toEqual(['stopOrder', 'handOver', 'stopOrder']);
  }
});

test('gone before the capture, it goes on with what its books do not know yet, from the newest authorisation', async () => {
  const { outcome, calls, inputsOf } = await recovered({ ...PACKED, steps: stepsOf(BER, 2) });
  expect(outcome.status).toBe('delivered');
  expect(calls).toEqual(['stopOrder', 'capturePayment', 'handOver', 'stopOrder']);
  expect(inputsOf('capturePayment')).toMatchObject([{ grant: 2 }]);
});

test('gone in the middle, it takes no step twice and every other', async () => {
  const parcels = [parcelIn('BER', 1, 'packed'), parcelIn('HAM', 1, 'allocated')];
  const steps = stepsOf(parcels).filter(({ id }) => id.kind !== 'book' && id.parcel !== 'HAM');
  const { outcome, calls } = await recovered({ status: 'authorised', parcels, steps }, {}, {});
  expect(outcome.status).toBe('delivered');
  expect(calls).not.toContain('reserveStock');
  expect(calls).not.toContain('authorisePayment');
  for (const step of ['packParcel HAM', 'bookCarrier BER', 'bookCarrier HAM', 'capturePayment']) {
    expect(calls.filter((call) => call === step)).toHaveLength(1);
  }
});

test('shipped, it hands nothing over again and waits for what the carriers say', async () => {
  const order = await orders.start({}, { recover: true, books: { ...CAPTURED, status: 'shipped' } });
  await order.until('shipped');
  await order.deliver();
  expect((await order.result()).status).toBe('delivered');
  expect(order.calls).toEqual(['stopOrder', 'stopOrder']);
});

test('captured, what was given up for it is taken out and refunded, once', async () => {
  const parcels = [parcelIn('BER', 1), parcelIn('HAM', 1, 'returned_to_shelf')];
  const { outcome, inputsOf } = await recovered({ ...CAPTURED, parcels, steps: stepsOf(parcels) });
  expect(outcome.status).toBe('delivered');
  expect(inputsOf('dropParcel')).toMatchObject([{ parcel: 'HAM' }]);
  expect(inputsOf('refundPayment')).toMatchObject([{ step: refundOfUnshipped(['HAM']), amount: euros(2990) }]);
});

test('terminated before the capture, every step of every leg and every grant that it could have taken is undone', async () => {
  const parcels = [parcelIn('BER', 1), parcelIn('BER', 2), parcelIn('HAM', 2)];
  const books = { ...PACKED, fencedLeg: 1, parcels, steps: stepsOf(parcels, 2) };
  const { outcome, calls, inputsOf } = await recovered(books, {}, INTERRUPTED);
  expect(outcome).toEqual({ status: 'failed', reason: 'interrupted' });
  expect(calls[0]).toBe('stopOrder');
  const legsOf = (inputs: ScriptInput[]) => [
    ...new Set(inputs.map(({ leg, parcel = '' }) => `${leg} ${parcel}`.trim())),
  ];
  expect(legsOf(inputsOf('releaseStock')).sort()).toEqual(['1', '2']);
  expect(legsOf(inputsOf('returnToShelf')).sort()).toEqual(['1 BER', '2 BER', '2 HAM']);
  expect(legsOf(inputsOf('cancelBooking')).sort()).toEqual(['1 BER', '2 BER', '2 HAM']);
  // One more may have been asked for, whose reply was lost: it is voided again when no attempt can have an effect.
  const grants = inputsOf('voidPayment').map(({ grant }) => grant);
  expect(grants.sort()).toEqual([1, 2, 3, 3]);
});

test('stopped while it was undone, it is undone on for its reason, and not begun anew', async () => {
  for (const over of [{}, INTERRUPTED]) {
    const books = { ...PACKED, status: 'compensating', reason: 'payment_declined', fenced: true } as const;
    const { outcome, calls } = await recovered(books, {}, over);
    expect(outcome).toEqual({ status: 'rejected', reason: 'payment_declined' });
    expect(calls).toEqual(
      expect.arrayContaining(['releaseStock', 'voidPayment', 'returnToShelf BER', 'cancelBooking BER']),
    );
  }
});

test('stopped while it was refunded, because nothing could be handed over, it goes on refunding and voids nothing', async () => {
  const books = { ...CAPTURED, status: 'compensating', reason: 'not_handed_over', fenced: true } as const;
  const { outcome, calls, inputsOf } = await recovered({ ...books, owed: euros(4990) });
  expect(outcome).toEqual({ status: 'failed', reason: 'not_handed_over' });
  expect(inputsOf('refundPayment')).toMatchObject([{ step: refundOfUnshipped('rest'), amount: euros(4990) }]);
  expect(calls).toEqual(expect.arrayContaining(['cancelBooking BER', 'returnToShelf BER', 'releaseStock']));
  expect(calls).not.toContain('voidPayment');
});

test('at rest already, nothing more is done', async () => {
  const { outcome, calls } = await recovered({ status: 'cancelled', reason: 'cancelled_by_staff', fenced: true });
  expect(outcome).toEqual({ status: 'cancelled', reason: 'cancelled_by_staff' });
  expect(calls).toEqual(['stopOrder']);
});

test('at rest by its books, because a lost workflow task undid it, that is its end, whatever became of it now', async () => {
  const { outcome, handle } = await orders.run(
    { packParcel: () => Promise.reject(refusal('packing_refused')) },
    { books: { status: 'cancelled', reason: 'cancelled_by_staff' } },
  );
  expect(outcome).toEqual({ status: 'cancelled', reason: 'cancelled_by_staff' });
  expect(await attributesOf(handle)).toMatchObject({ status: 'cancelled', reason: 'cancelled_by_staff' });
});

test('stuck before it is known how the order stands, it calls a person, who may retry', async () => {
  let away = true;
  const stopOrder = () => (away ? Promise.reject(new Error('the books are away')) : undefined);
  const order = await orders.start(
    { stopOrder },
    {
      ...{ recover: true, interrupted: true, books: PACKED },
      policy: quickPolicy({ attentionAfterMs: 60_000, retryInitialIntervalMs: HOUR_MS, retryMaxIntervalMs: HOUR_MS }),
    },
  );
  await orders.temporal.env.sleep('2 minutes');
  await order.untilStuck('stop');
  expect(order.inputsOf('raiseAttention')).toMatchObject([{ id: { kind: 'stop' }, actions: ['retry'] }]);
  away = false;
  await order.resolve('stop', 'retry');
  expect(await order.result()).toEqual({ status: 'failed', reason: 'interrupted' });
});

test('asked to cancel before it is known how the order stands, it asks the client to ask again', async () => {
  const answers: unknown[] = [];
  const stopOrder = scheduled(async ({ orderId }) => {
    const handle = orders.temporal.handle(orderId);
    if (answers.length === 0) answers.push(await refusalOf(send(handle, 'cancelOrder')));
  });
  const { outcome } = await recovered(PACKED, { stopOrder }, INTERRUPTED);
  expect(answers).toMatchObject([
    { type: refusals.notReady, message: expect.stringContaining('ask again in a moment') as string },
  ]);
  expect(outcome).toEqual({ status: 'failed', reason: 'interrupted' });
});
