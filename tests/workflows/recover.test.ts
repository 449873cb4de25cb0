import { CANCEL_ORDER, CARRIER_SCAN, type LegParcel, type Standing } from '../../contracts/workflow/order';
import { quickPolicy } from '../support/given';
import { refusal, scheduled, type Script } from '../support/scripted-activities';
import { attributesOf, startScriptedOrders, type ScriptedOrders } from '../support/scripted-orders';

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

const PACKED: Standing = {
  status: 'packed',
  reason: null,
  grand: euros(4990),
  captured: false,
  captureBooked: false,
  owed: euros(0),
  leg: 1,
  grants: 1,
  parcels: [parcelIn('BER', 1)],
  stuck: [],
  occurrences: 0,
};

/** Takes up an order whose earlier run was stopped. */
const takenUp = (over: Partial<Standing>, script: Script = {}) =>
  orders.run({ readStanding: () => ({ ...PACKED, ...over }), ...script }, { recover: true });

const UNDO = ['releaseStock', 'voidPayment', 'returnToShelf BER', 'cancelBooking BER'];

test('captured, it goes on from there to its delivery', async () => {
  const { outcome, story } = await takenUp({ status: 'paid', captured: true, captureBooked: true });
  expect(outcome).toEqual({ status: 'delivered', reason: null });
  expect(story()).toEqual(['readStanding', 'handOver', 'recordScan']);
});

test('captured at the provider, and our books do not know: it is captured by its key, from the newest authorisation', async () => {
  const { outcome, inputsOf } = await takenUp({ captured: true, grants: 2 });
  expect(outcome.status).toBe('delivered');
  expect(inputsOf('capturePayment')).toMatchObject([{ grant: 2, amount: euros(4990) }]);
});

test('shipped, only the parcels that did not arrive are waited for', async () => {
  const parcels = [parcelIn('BER', 1, 'delivered'), parcelIn('HAM', 1, 'handed_over')];
  const { outcome, inputsOf } = await takenUp(
    { status: 'shipped', captured: true, captureBooked: true, parcels },
    {
      handOver: ({ orderId }) =>
        orders.temporal.handle(orderId).signal(CARRIER_SCAN, { shipmentId: 'shp_1_HAM', status: 'delivered' }),
    },
  );
  expect(outcome.status).toBe('delivered');
  expect(inputsOf('recordScan')).toMatchObject([{ shipmentId: 'shp_1_HAM' }]);
});

test('captured, what was given up for it is taken out and refunded, once', async () => {
  const parcels = [parcelIn('BER', 1), parcelIn('HAM', 1, 'returned_to_shelf')];
  const over = { status: 'paid', captured: true, captureBooked: true, parcels, owed: euros(0) } as const;
  const { outcome, inputsOf } = await takenUp(over);
  expect(outcome.status).toBe('delivered');
  expect(inputsOf('dropParcel')).toMatchObject([{ parcel: 'HAM' }]);
  expect(inputsOf('refundPayment')).toMatchObject([{ refund: 'not-shipped/HAM', amount: euros(2990) }]);
});

test('not captured, every step of every leg and every grant that it could have taken is undone, each once more', async () => {
  const parcels = [parcelIn('BER', 1), parcelIn('BER', 2), parcelIn('HAM', 2)];
  const { outcome, story, inputsOf } = await takenUp({ leg: 2, grants: 2, parcels });
  expect(outcome).toEqual({ status: 'failed', reason: 'interrupted' });
  expect(story()[1]).toBe('beginUnwinding');
  const legsOf = (name: 'releaseStock' | 'returnToShelf' | 'cancelBooking') =>
    inputsOf(name).map(({ leg, parcel = '' }) => `${leg} ${parcel}`.trim());
  expect(legsOf('releaseStock').sort()).toEqual(['1', '1', '2', '2']);
  expect(legsOf('returnToShelf').sort()).toEqual(['1 BER', '1 BER', '2 BER', '2 BER', '2 HAM', '2 HAM']);
  expect(legsOf('cancelBooking').sort()).toEqual(legsOf('returnToShelf').sort());
  expect(inputsOf('voidPayment').map(({ grant }) => grant)).toEqual(expect.arrayContaining([1, 2, 3]));
});

test('stopped while it was undone, it is undone further for its reason, and not begun anew', async () => {
  const { outcome, story } = await takenUp({ status: 'compensating', reason: 'payment_declined' });
  expect(outcome).toEqual({ status: 'rejected', reason: 'payment_declined' });
  expect(story()).toEqual(expect.arrayContaining(UNDO));
});

test('stopped while it was refunded, since nothing could be handed over, it goes on refunding and voids nothing', async () => {
  const over = { status: 'compensating', reason: 'not_handed_over', captured: true, captureBooked: true } as const;
  const { outcome, story, inputsOf } = await takenUp(over);
  expect(outcome).toEqual({ status: 'failed', reason: 'not_handed_over' });
  expect(inputsOf('refundPayment')).toMatchObject([{ refund: 'not-shipped/rest', amount: euros(4990) }]);
  expect(story()).toEqual(expect.arrayContaining(['cancelBooking BER', 'returnToShelf BER', 'releaseStock']));
  expect(story()).not.toContain('voidPayment');
});

test('at rest already, nothing more is done', async () => {
  const { outcome, story } = await takenUp({ status: 'cancelled', reason: 'cancelled_by_staff' });
  expect(outcome).toEqual({ status: 'cancelled', reason: 'cancelled_by_staff' });
  expect(story()).toEqual(['readStanding']);
});

test('at rest by its books, since a lost workflow task undid it, that is its end, whatever became of it now', async () => {
  const { outcome, handle } = await orders.run({
    packParcel: () => Promise.reject(refusal('packing_refused')),
    beginUnwinding: () => 'further',
    readStanding: () => ({ ...PACKED, status: 'cancelled', reason: 'cancelled_by_staff' }),
  });
  expect(outcome).toEqual({ status: 'cancelled', reason: 'cancelled_by_staff' });
  expect(await attributesOf(handle)).toMatchObject({ status: 'cancelled', reason: 'cancelled_by_staff' });
});

test('what was stuck in the earlier run is no longer listed', async () => {
  const stuck = [{ step: 'pack/BER', occurrence: 3 }];
  const { inputsOf } = await takenUp({ status: 'needs_attention', reason: 'no_carrier', stuck, occurrences: 3 });
  expect(inputsOf('lowerAttention')[0]).toMatchObject({ step: 'pack/BER', occurrence: 3 });
});

test('stuck before it is known how the order stands, it counts on from the calls of earlier runs, and so is listed', async () => {
  let away = true;
  const readStanding = () => (away ? Promise.reject(new Error('the books are away')) : PACKED);
  const order = await orders.start(
    { readStanding },
    {
      recover: true,
      occurrences: 3,
      policy: quickPolicy({ attentionAfterMs: 60_000, retryInitialIntervalMs: HOUR_MS, retryMaxIntervalMs: HOUR_MS }),
    },
  );
  await orders.temporal.env.sleep('2 minutes');
  await order.untilStuck('take-up');
  expect(order.inputsOf('raiseAttention')).toMatchObject([{ step: 'take-up', occurrence: 4 }]);
  away = false;
  await order.resolve('take-up', 'retry');
  expect(await order.result()).toEqual({ status: 'failed', reason: 'interrupted' });
});

test('asked to cancel before it is known how the order stands, it tells the client to ask once more', async () => {
  const answers: unknown[] = [];
  const actor = { type: 'customer', id: 'cus_1' };
  const readStanding = scheduled(async ({ orderId }) => {
    const handle = orders.temporal.handle(orderId);
    const answer = handle.executeUpdate(CANCEL_ORDER, { args: [{ actor, noteId: null }] });
    await answer.catch((error: unknown) => answers.push((error as { cause: unknown }).cause));
    return PACKED;
  });
  const order = await orders.run({ readStanding }, { recover: true });
  expect(answers).toMatchObject([
    { type: 'TakenUpAgain', message: expect.stringContaining('ask once more in a moment') as string },
  ]);
  expect(order.outcome).toEqual({ status: 'failed', reason: 'interrupted' });
});
