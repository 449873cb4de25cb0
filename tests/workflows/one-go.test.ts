import type { GoOutcome } from '../../activities/order/in-turn';
import { refusal, scheduled } from '../support/scripted-activities';
import { startScriptedOrders, type ScriptedOrder, type ScriptedOrders } from '../support/scripted-orders';

/** By then what was let go has answered. */
const begun = scheduled(() => true);

let orders: ScriptedOrders;

beforeAll(async () => {
  orders = await startScriptedOrders();
});
afterAll(() => orders.stop());

/** The forward steps as the history records them: those of one trip to the worker together, queued ones by their step. */
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
      return [`${activity}: ${(outcome as GoOutcome[]).map((each) => each.activity).join(' ')}`];
    },
  );
}

test('an order of one parcel is validated and reserved, then authorised, packed and booked, then captured and handed over', async () => {
  const order = await orders.run({});
  const trips = (await tripsOf(order)).filter((trip) => trip !== 'sendMessages');
  expect(trips).toEqual([
    'validateAndReserve: validateOrder reserveStock',
    'authorisePackAndBook: authorisePayment packParcel bookCarrier',
    'captureAndHandOver: capturePayment handOver',
    'recordScan',
  ]);
});

test('several parcels are packed side by side, each booked in one go with its packing', async () => {
  const order = await orders.run({}, { warehouses: ['BER', 'HAM'] });
  const trips = await tripsOf(order);
  expect(trips).toContain('authorisePayment');
  expect(trips.filter((trip) => trip === 'packAndBook: packParcel bookCarrier')).toHaveLength(2);
});

test('a step that fails in the middle goes to its queue, and what follows it is tried by itself', async () => {
  const order = await orders.run({ packParcel: scheduled(() => undefined) });
  const trips = (await tripsOf(order)).filter((trip) => !trip.includes('essages'));
  expect(trips.slice(1, 4)).toEqual([
    'authorisePackAndBook: authorisePayment packParcel',
    'queued pack/BER',
    'bookCarrier',
  ]);
  expect(order.outcome.status).toBe('delivered');
});

test('an order that is held for a review reserves nothing, and a refusal has nothing to undo', async () => {
  const { outcome, story } = await orders.run({ validateOrder: () => ({ verdict: 'review' }) });
  expect(outcome).toEqual({ status: 'expired', reason: 'review_expired' });
  expect(story()).toEqual(['validateOrder', 'beginUnwinding', 'finishUnwinding']);
});

test.each([
  ['validateOrder', 'screening_refused', []],
  ['reserveStock', 'out_of_stock', ['releaseStock']],
  ['authorisePayment', 'payment_declined', ['voidPayment', 'releaseStock']],
  ['packParcel', 'packing_refused', ['voidPayment', 'returnToShelf BER', 'releaseStock']],
] as const)('what a refusal kept from being called is not undone: %s', async (refused, reason, undos) => {
  const { outcome, story } = await orders.run({ [refused]: () => Promise.reject(refusal(reason)) });
  expect(outcome.reason).toBe(reason);
  const undone = story().slice(story().indexOf('beginUnwinding'));
  expect([...undone].sort()).toEqual(['beginUnwinding', ...undos, 'finishUnwinding'].sort());
});

test('what a step answered in one go, too late for the saga, is not taken for the answer of its undo', async () => {
  let letGo: () => void = () => undefined;
  const refusedElsewhere = new Promise<void>((resolve) => (letGo = resolve));
  const { story } = await orders.run(
    {
      packParcel: ({ parcel }) => (parcel === 'BER' ? Promise.reject(refusal('packing_refused')) : refusedElsewhere),
      beginUnwinding: (input) => {
        letGo();
        return begun(input);
      },
    },
    { warehouses: ['HAM', 'BER'] },
  );
  expect(story()).toContain('bookCarrier HAM');
  expect(story().filter((call) => call === 'cancelBooking HAM')).toHaveLength(2);
});
