import { refusal, scheduled } from '../support/scripted-activities';
import { startScriptedOrders, type ScriptedOrder, type ScriptedOrders } from '../support/scripted-orders';

let orders: ScriptedOrders;

beforeAll(async () => {
  orders = await startScriptedOrders();
});
afterAll(() => orders.stop());

/** The trips to the worker as the history records them: how many steps one had, and the steps that were queued. */
async function tripsOf({ handle }: ScriptedOrder): Promise<string[]> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).flatMap(
    ({ markerRecordedEventAttributes: marker, activityTaskScheduledEventAttributes: queued }) => {
      if (queued) return [`queued ${queued.activityId}`];
      const data = marker?.details?.['data']?.payloads?.[0]?.data;
      if (!data) return [];
      const { activity_type: activity } = JSON.parse(String(data)) as { activity_type: string };
      const result = marker.details?.['result']?.payloads?.[0]?.data;
      const outcome: unknown = result && JSON.parse(String(result));
      if (!Array.isArray(outcome)) return [activity];
      return [`${activity} of ${outcome.length}`];
    },
  );
}

test('an order is prepared in one trip up to the booking of all its parcels, then captured and handed over', async () => {
  for (const warehouses of [['BER'], ['BER', 'HAM']]) {
    const order = await orders.run({}, { warehouses });
    expect(await tripsOf(order)).toEqual(['inTurn of 4', 'inTurn of 2', 'stopOrder']);
  }
});

test('a step that fails in the middle goes to its queue, and those that follow it make a trip of their own', async () => {
  const order = await orders.run({ reserveStock: scheduled(() => undefined) });
  expect(await tripsOf(order)).toEqual([
    ...['inTurn of 2', 'queued reserve-stock', 'inTurn of 2', 'inTurn of 2', 'stopOrder'],
  ]);
  expect(order.outcome.status).toBe('delivered');
});

test('a parcel that cannot be packed at once is packed from its queue, and booked by itself', async () => {
  const order = await orders.run({ packParcel: scheduled(() => undefined) });
  expect((await tripsOf(order)).slice(0, 3)).toEqual(['inTurn of 4', 'queued pack/BER', 'bookCarrier']);
  expect(order.calls.filter((call) => call === 'bookCarrier BER')).toHaveLength(1);
});

test('an order that is held for a review reserves nothing, and a refusal has nothing to undo', async () => {
  const { outcome, calls } = await orders.run({
    validateOrder: ({ reviewMs }) => ({ verdict: 'review', heldForMs: reviewMs }),
  });
  expect(outcome).toEqual({ status: 'expired', reason: 'review_expired' });
  expect(calls).toEqual(['validateOrder', 'stopOrder']);
});

test.each([
  ['validateOrder', 'screening_refused', []],
  ['reserveStock', 'out_of_stock', ['releaseStock']],
  ['authorisePayment', 'payment_declined', ['voidPayment', 'releaseStock']],
  ['packParcel', 'packing_refused', ['voidPayment', 'returnToShelf BER', 'releaseStock']],
] as const)('what a refusal kept from being called is not undone: %s', async (refused, reason, undos) => {
  const { outcome, calls } = await orders.run({ [refused]: () => Promise.reject(refusal(reason)) });
  expect(outcome.reason).toBe(reason);
  const undone = calls.slice(calls.indexOf('stopOrder') + 1);
  expect([...undone].sort()).toEqual([...undos, ...(undos.length > 0 ? ['stopOrder'] : [])].sort());
});
