import { MOST_AT_ONCE } from '../../activities/sweeps/sweep';
import type { SweptWorkflows } from '../../activities/sweeps/sweeps';
import type { CarrierPort } from '../../adapters/ports';
import { workflowIdOf } from '../../contracts/workflow/ids';
import { restingStatuses, type OrderStatus } from '../../domain/order-status';
import { stepName, type StepId } from '../../domain/step-kinds';
import { runActivity } from '../support/activity';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { givenOrderAt } from './books';
import { sweepsOver } from './swept';

let db: TestDatabase;

beforeEach(async () => {
  db = await createTestDatabase();
});
afterEach(() => db.drop());

type Runs = Record<string, 'running' | 'terminated' | 'closed'>;

/** The sweeps over a Temporal that knows these runs, in these statuses, and what they asked of it. */
function sweepsAmong(runs: Runs = {}, statuses: Record<string, OrderStatus> = {}) {
  const started: [string, object][] = [];
  const told: string[] = [];
  const undone: string[] = [];
  const workflows: Partial<SweptWorkflows> = {
    openAmong: async (ids) => new Set(ids.filter((id) => runs[id] === 'running')),
    newestRun: async (id) => runs[id] ?? 'unknown',
    statusOfRun: async (id) => statuses[id] ?? 'created',
    startOrder: async ({ id }, beginning) => void started.push([id, beginning]),
    startReturn: async ({ returnId }) => void started.push([returnId, {}]),
    startLateUndo: async ({ orderId, step }) => void undone.push(`${orderId} ${stepName(step)}`),
    tellBooksMoved: async (id) => void told.push(id),
    runningSince: async function* () {
      yield* Object.keys(runs);
    },
  };
  return { ...sweepsOver(db.database, workflows), started, told, undone };
}

const sweep = (activity: () => Promise<number>) => runActivity(activity, []);

describe('an order that is not at rest', () => {
  test.each<[string, Runs[string] | undefined, object]>([
    ['unknown to Temporal goes on from its books', undefined, { recover: true }],
    ['closed by itself goes on from its books', 'closed', { recover: true }],
    ['terminated is undone', 'terminated', { recover: true, interrupted: true }],
  ])('whose run is %s', async (_, run, beginning) => {
    const orderId = await givenOrderAt(db.database, {}, 'validated');
    const { sweeps, started } = sweepsAmong(run && { [workflowIdOf(orderId)]: run });
    expect(await sweep(sweeps.recoverOrders)).toBe(1);
    expect(started).toEqual([[orderId, beginning]]);
  });

  test('that runs is left alone, if the run knows what the books know', async () => {
    const orderId = await givenOrderAt(db.database, {}, 'validated');
    const id = workflowIdOf(orderId);
    const { sweeps, started, told } = sweepsAmong({ [id]: 'running' }, { [id]: 'validated' });
    expect(await sweep(sweeps.recoverOrders)).toBe(0);
    expect([started, told]).toEqual([[], []]);
  });

  test('whose run is behind the books is told that they have news, once for each status', async () => {
    const orderId = await givenOrderAt(db.database, {}, 'validated');
    const id = workflowIdOf(orderId);
    const { sweeps, told } = sweepsAmong({ [id]: 'running' }, { [id]: 'created' });
    await sweep(sweeps.recoverOrders);
    await sweep(sweeps.recoverOrders);
    expect(told).toEqual([id]);
    await db.database.order.update({ where: { id: orderId }, data: { status: 'compensating' } });
    await sweep(sweeps.recoverOrders);
    expect(told).toEqual([id, id]);
  });

  test('that visibility has not listed yet is not started again while it runs', async () => {
    const orderId = await givenOrderAt(db.database, {}, 'validated');
    const { sweeps, started } = sweepsAmong({ [workflowIdOf(orderId)]: 'running' });
    const { sweeps: unlisted } = sweepsOver(db.database, {
      openAmong: async () => new Set<string>(),
      newestRun: async () => 'running',
    });
    await sweep(unlisted.recoverOrders);
    await sweep(sweeps.recoverOrders);
    expect(started).toEqual([]);
  });
});

test('no order at rest is recovered', async () => {
  await Promise.all(
    restingStatuses.map(async (status) => {
      const orderId = await givenOrderAt(db.database, {});
      await db.database.$transaction([
        db.database.$executeRaw`SET LOCAL session_replication_role = replica`,
        db.database.order.update({ where: { id: orderId }, data: { status } }),
      ]);
    }),
  );
  const { sweeps, started } = sweepsAmong();
  expect(await sweep(sweeps.recoverOrders)).toBe(0);
  expect(started).toEqual([]);
});

test('every return that has not ended gets a run, and no other', async () => {
  const orderId = await givenOrderAt(db.database, {});
  const requestedBy = { requestedByType: 'customer', requestedById: 'cus_1' };
  for (const id of ['ret_open', 'ret_running', 'ret_ended']) {
    await db.database.orderReturn.create({ data: { id, orderId, ...requestedBy } });
  }
  await db.database.orderReturn.update({ where: { id: 'ret_ended' }, data: { status: 'rejected' } });
  const { sweeps, started } = sweepsAmong({ 'return-ret_running': 'running' });
  expect(await sweep(sweeps.recoverReturns)).toBe(1);
  expect(started).toEqual([['ret_open', {}]]);
});

test('a run of an order at rest, which somebody reset, is told to close, and no other', async () => {
  const resting = await givenOrderAt(db.database, {}, 'compensating', 'cancelled');
  const open = await givenOrderAt(db.database, {}, 'validated');
  const { sweeps, told } = sweepsAmong({ [workflowIdOf(resting)]: 'running', [workflowIdOf(open)]: 'running' });
  expect(await sweep(sweeps.closeSurplusRuns)).toBe(1);
  expect(told).toEqual([workflowIdOf(resting)]);
});

describe('the undo of a late effect', () => {
  const HOLD: StepId = { kind: 'authorise-payment', grant: 1 };

  test.each<[string, OrderStatus[], object, object, boolean]>([
    ['of an order at rest is begun', ['compensating', 'cancelled'], { fenced: true }, { late: true }, true],
    [
      'of an order at rest is begun, also where it was begun before',
      ['compensating', 'cancelled'],
      { fenced: true },
      {},
      true,
    ],
    ['of an order that goes on is begun', ['validated'], {}, { late: true }, true],
    [
      'of an order that is being undone is left to its own run',
      ['compensating'],
      { fenced: true },
      { late: true },
      false,
    ],
    ['of an ended leg, which was not late, is left to its own run', ['validated'], {}, {}, false],
    ['that is done is not begun again', ['compensating', 'cancelled'], {}, { late: true, state: 'undone' }, false],
  ])('%s', async (_, way, order, step, begun) => {
    const orderId = await givenOrderAt(db.database, {}, ...way);
    await db.database.order.update({ where: { id: orderId }, data: order });
    const row = { orderId, step: stepName(HOLD), kind: HOLD.kind, grant: 1, state: 'undoing', undoingAt: new Date() };
    await db.database.sagaStep.create({ data: { ...row, ...step } });
    const { sweeps, undone } = sweepsAmong();
    expect(await sweep(sweeps.undoLateEffects)).toBe(begun ? 1 : 0);
    expect(undone).toEqual(begun ? [`${orderId} authorise-payment`] : []);
  });
});

test('overdue messages are sent as the relay sends them, as many as a sweep takes', async () => {
  const limits: number[] = [];
  const sendMessages = async (limit: number) => limits.push(limit);
  const { sweeps } = sweepsOver(db.database, {}, { sendMessages });
  expect(await sweep(sweeps.sendOverdueMessages)).toBe(1);
  expect(limits).toEqual([MOST_AT_ONCE]);
});

const numbered = (name: string) =>
  Array.from({ length: MOST_AT_ONCE + 1 }, (_, number) => `${name}_${String(number).padStart(4, '0')}`);

/** What each sweep looks at, one more than it takes at once, with the names by which it asks for them. */
const given = {
  recoverOrders: async () => {
    const ids = numbered('ord_created');
    const order = { clientReference: 'test', customerId: 'cus_1', currency: 'EUR', country: 'DE' };
    const free = {
      fulfilment: 'all_or_nothing',
      items: 0,
      shipping: 0,
      tax: 0,
      grand: 0,
      shippingFlat: 0,
      taxBasisPoints: 0,
    };
    await db.database.order.createMany({ data: ids.map((id) => ({ id, ...order, ...free })) });
    return ids.map(workflowIdOf);
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
  async (name) => {
    const all = await given[name]();
    const asked: string[] = [];
    const fail = (id: string) => {
      asked.push(id);
      return Promise.reject(new Error('away'));
    };
    const nordpost = { carrier: 'nordpost', track: fail } as unknown as CarrierPort;
    const running = { openAmong: async (ids: readonly string[]) => new Set(ids), statusOfRun: fail };
    const { sweeps } = sweepsOver(db.database, running, { carriers: [nordpost] });
    for (let time = 0; time < 2; time += 1) {
      await sweep(sweeps[name]);
      expect(asked).toHaveLength((time + 1) * MOST_AT_ONCE);
    }
    expect(new Set(asked)).toEqual(new Set(all));
  },
);

test('where one order was lost others may be: a sweep goes on until it finds none', async () => {
  await given.recoverOrders();
  const { sweeps, started } = sweepsAmong();
  const recovered = await sweep(sweeps.recoverOrders);
  expect(recovered).toBeGreaterThan(MOST_AT_ONCE);
  expect(new Set(started.map(([id]) => id)).size).toBe(MOST_AT_ONCE + 1);
});
