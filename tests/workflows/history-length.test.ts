import { policy as policies } from '../../contracts/policy';
import { stepName } from '../../domain/step-kinds';
import { NAMES, refusal, type Script } from '../support/scripted-activities';
import { startScriptedOrders, type ScriptedOrders } from '../support/scripted-orders';
import { startLocalTemporal } from '../support/temporal';

const MOST_EVENTS = 2000;
const MOST_LEGS = 4;
const TWELVE = Array.from({ length: 12 }, (_, index) => `W${index + 1}`);

let orders: ScriptedOrders;

beforeAll(async () => {
  orders = await startScriptedOrders(startLocalTemporal);
});
afterAll(() => orders.stop());

/** The first try of every call fails, and then no carrier takes any parcel. */
function everythingFails(): Script {
  const tried = new Set<string>();
  return Object.fromEntries(
    NAMES.map((name) => [
      name,
      ({ parcel, leg, id, occurrence, called }) => {
        const call = [name, parcel, leg, id && stepName(id), occurrence, called?.length].join(' ');
        if (!tried.has(call)) {
          tried.add(call);
          throw new Error('away');
        }
        if (name === 'bookCarrier') throw refusal('no_carrier');
      },
    ]),
  );
}

test('an order of twelve parcels, each of whose steps and undos in four legs fails first, stays under 2,000 events', async () => {
  const policy = policies.parse({ carrierRetryMs: 100 });
  const { handle, outcome, inputsOf } = await orders.run(everythingFails(), {
    warehouses: TWELVE,
    shipAvailable: true,
    policy,
  });
  expect(outcome).toEqual({ status: 'rejected', reason: 'no_carrier' });
  expect(new Set(inputsOf('bookCarrier').map(({ leg }) => leg)).size).toBe(MOST_LEGS);
  expect(new Set(inputsOf('cancelBooking').map(({ parcel, leg }) => `${parcel} ${leg}`)).size).toBe(12 * MOST_LEGS);
  const { events } = await handle.fetchHistory();
  expect(events?.length).toBeGreaterThan(MOST_EVENTS / 2);
  expect(events?.length).toBeLessThan(MOST_EVENTS);
});
