import { createSweepActivities, MOST_AT_ONCE, type StoppedOrder } from '../../activities/sweeps/sweeps';
import type { CarrierPort } from '../../adapters/ports';
import { runActivity } from '../support/activity';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { givenOrderAt } from './books';

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

const none = (): Promise<void> => Promise.resolve();

/** What the sweeps asked for, in order; everything they ask for fails, so that nothing is ever settled. */
function failingSweeps({ stopped = [] }: { stopped?: string[] } = {}) {
  const asked: string[] = [];
  const resumed: StoppedOrder[] = [];
  const fail = (id: string) => {
    asked.push(id);
    return Promise.reject(new Error('away'));
  };
  const nordpost: Partial<CarrierPort> = { carrier: 'nordpost', track: (key) => fail(key) };
  const sweeps = createSweepActivities({
    database: db.database,
    carriers: [nordpost as CarrierPort],
    workflows: {
      start: ({ id }) => fail(id),
      resume: async (order) => void resumed.push(order),
      stopped: async function* () {
        yield* stopped;
      },
      signalScan: none,
      signalStockArrived: none,
    },
    sendMessages: ({ orderId }) => fail(orderId),
    ages: { unstartedMs: -1000, messageMs: -1000, scanMs: -1000 },
  });
  return { asked, resumed, sweeps };
}

test('an order that is taken up again is told how often a person was called for it', async () => {
  const orderId = await givenOrderAt(db.database, {}, 'validated');
  const stuck = { orderId, reason: 'away', actions: ['retry'] };
  await db.database.stuckStep.createMany({
    data: [
      { ...stuck, step: 'take-up', occurrence: 2 },
      { ...stuck, step: 'validate', occurrence: 3, resolvedAt: new Date() },
    ],
  });
  const { sweeps, resumed } = failingSweeps({ stopped: [orderId] });
  await runActivity(sweeps.resumeStopped, []);
  expect(resumed).toMatchObject([{ id: orderId, occurrences: 3 }]);
});

const numbered = (name: string) =>
  Array.from({ length: MOST_AT_ONCE + 1 }, (_, number) => `${name}_${String(number).padStart(4, '0')}`);

async function givenOrders(name: string): Promise<string[]> {
  const ids = numbered(name);
  const order = { clientReference: 'test', customerId: 'cus_1', currency: 'EUR', country: 'DE' };
  const free = { fulfilment: 'all_or_nothing', items: 0, shipping: 0, tax: 0, grand: 0 };
  await db.database.order.createMany({ data: ids.map((id) => ({ id, ...order, ...free })) });
  return ids;
}

/** What each sweep looks at, one more than it looks at in one go, with the names by which it asks for them. */
const given = {
  startUnstarted: () => givenOrders('ord_created'),
  sendOverdueMessages: async () => {
    const orderIds = await givenOrders('ord_messages');
    const message = { template: 'order-confirmed', channel: 'email' };
    await db.database.message.createMany({ data: orderIds.map((orderId) => ({ key: orderId, orderId, ...message })) });
    return orderIds;
  },
  trackOverdueParcels: async () => {
    const way = ['validated', 'reserved', 'authorised', 'packed', 'paid', 'shipped'] as const;
    const orderId = await givenOrderAt(db.database, {}, ...way);
    const warehouses = numbered('W');
    const parcel = { orderId, leg: 1, status: 'handed_over', carrier: 'nordpost' };
    await db.database.shipment.createMany({
      data: warehouses.map((warehouse) => ({ id: `shp_${warehouse}`, warehouse, ...parcel })),
    });
    return warehouses.map((warehouse) => `${orderId}/book/${warehouse}`);
  },
};

test.each(Object.keys(given) as (keyof typeof given)[])(
  '%s comes to everything in turn, though nothing that it did before helped',
  async (sweep) => {
    const all = await given[sweep]();
    const { asked, sweeps } = failingSweeps();
    await runActivity(sweeps[sweep], []);
    const first = asked.splice(0);
    expect(first).toHaveLength(MOST_AT_ONCE);
    await runActivity(sweeps[sweep], []);
    const second = asked.splice(0);
    expect(second).toHaveLength(MOST_AT_ONCE);
    expect(new Set([...first, ...second])).toEqual(new Set(all));
  },
);
