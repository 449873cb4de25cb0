import { ApplicationFailure } from '@temporalio/common';
import { StepLedger, type ForwardStep, type OrderFacts, type StepCall } from '../../activities/ledger/step-ledger';
import type { StepId } from '../../domain/step-kinds';
import { Prisma } from '../../infra/database/generated/client';
import { eventually } from '../support/eventually';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { givenOrder, givenStock } from '../support/given';

let db: TestDatabase;
let ledger: StepLedger;
let orderId: string;

beforeAll(async () => {
  db = await createTestDatabase();
  ledger = new StepLedger(db.database);
  await givenStock(db.database, { 'MUG-001': { BER: 1000 } });
});
afterAll(() => db.drop());
beforeEach(async () => {
  ({ orderId } = await givenOrder(db.database));
});

const HOLD: StepId<'authorise-payment'> = { kind: 'authorise-payment', grant: 1 };
const PACK: StepId<'pack'> = { kind: 'pack', parcel: 'BER', leg: 1 };

/** A forward step that asks a party, and has an undo. */
const forward = (over: object = {}): ForwardStep<string, string> => ({
  orderId,
  id: HOLD,
  request: () => ({ a: 1 }),
  perform: ({ key }) => Promise.resolve(`ref-${key}`),
  ...recorded[way],
  ...over,
});

const entry = (effect: string) => ({
  result: effect,
  providerReference: effect,
  status: 'validated' as const,
  messages: ['order-confirmed' as const],
  events: [{ topic: 'orders.validated' as const, version: 1, data: {} }],
});

/** The two ways in which a step is written. */
const recorded = {
  'in one statement': { record: entry },
  'in a transaction': { recordIn: (_: unknown, effect: string) => Promise.resolve(entry(effect)) },
};
const ways = Object.keys(recorded) as (keyof typeof recorded)[];
let way = ways[0] as keyof typeof recorded;

const inThisWay = ({ record, recordIn }: { record: unknown; recordIn: unknown }) =>
  way === 'in one statement' ? { record } : { recordIn };

const fence = (data: { fenced?: boolean; fencedLeg?: number }) =>
  db.database.order.update({ where: { id: orderId }, data });

async function booksOf(id: string) {
  const [order, steps, timeline, messages, events] = await Promise.all([
    db.database.order.findUniqueOrThrow({ where: { id } }),
    db.database.sagaStep.findMany({ where: { orderId: id }, orderBy: { step: 'asc' } }),
    db.database.timelineEntry.findMany({ where: { orderId: id, step: { not: null } } }),
    db.database.message.findMany({ where: { orderId: id } }),
    db.database.outboxEvent.findMany({ where: { key: id } }),
  ]);
  return { status: order.status, steps, timeline, messages, events };
}

/** The provider's reference of the order's authorisation. */
const KEY = () => `ref-${orderId}/authorise-payment`;

/** Nothing is written but that the order owes a party the undo of this step. */
async function expectOwed({ kind, leg, parcel, grant }: StepId): Promise<void> {
  const identity = { kind, leg: leg ?? null, parcel: parcel ?? null, grant: grant ?? null };
  const owed = { ...identity, state: 'undoing', late: true, result: null, appliedAt: null };
  expect(await booksOf(orderId)).toMatchObject({ status: 'created', steps: [owed], timeline: [], events: [] });
}

const failureType = (error: unknown) => (error instanceof ApplicationFailure ? error.type : error);

describe.each(ways)('apply, written %s', (chosen) => {
  beforeEach(() => {
    way = chosen;
  });

  test('writes ledger row, status, timeline, message and event together, once', async () => {
    await expect(ledger.apply(forward())).resolves.toBe(KEY());
    const books = await booksOf(orderId);
    expect(books).toMatchObject({
      status: 'validated',
      steps: [
        {
          kind: 'authorise-payment',
          grant: 1,
          leg: null,
          parcel: null,
          state: 'applied',
          late: false,
          providerReference: KEY(),
        },
      ],
      timeline: [{ step: 'authorise-payment', status: 'validated', actorType: 'system' }],
      messages: [{ template: 'order-confirmed', state: 'pending' }],
      events: [{ topic: 'orders.validated' }],
    });
  });

  test('a second attempt returns the stored result and asks nobody', async () => {
    const first = await ledger.apply(forward());
    const perform = jest.fn();
    await expect(ledger.apply(forward({ perform }))).resolves.toEqual(first);
    expect(perform).not.toHaveBeenCalled();
    expect((await booksOf(orderId)).events).toHaveLength(1);
  });

  test('twenty attempts that race each other apply the step once and all get the same result', async () => {
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        ledger.apply(forward({ perform: () => Promise.resolve(`attempt ${index}`) })),
      ),
    );
    expect(new Set(results).size).toBe(1);
    const books = await booksOf(orderId);
    expect([books.steps.length, books.timeline.length, books.events.length, books.messages.length]).toEqual([
      1, 1, 1, 1,
    ]);
  });

  test('an attempt that another one overtook returns what that stored, and owes the undo of what differs', async () => {
    const stray: StepId = { kind: 'stray-label', parcel: 'BER', carrier: 'nordpost', leg: 1 };
    const superseded = jest.fn(() => [stray]);
    const slow = forward({
      perform: async () => {
        await ledger.apply(forward({ perform: () => Promise.resolve('the winner') }));
        return 'the loser';
      },
      superseded,
    });
    await expect(ledger.apply(slow)).resolves.toBe('the winner');
    expect(superseded).toHaveBeenCalledWith('the loser', 'the winner');
    expect((await booksOf(orderId)).steps).toMatchObject([
      { step: 'authorise-payment', state: 'applied', late: false },
      { step: 'stray-label/BER/nordpost', ...stray, state: 'undoing', late: true },
    ]);
  });

  test('an attempt that another one overtook with the same effect owes nothing', async () => {
    const slow = forward({
      perform: async () => {
        await ledger.apply(forward());
        return KEY();
      },
      superseded: () => [],
    });
    await ledger.apply(slow);
    expect((await booksOf(orderId)).steps).toHaveLength(1);
  });

  test('a step that owes the undo of another writes both at once', async () => {
    await ledger.apply(forward());
    const renewal: StepId = { kind: 'authorise-payment', grant: 2 };
    const renewed = { result: '', owes: [HOLD] };
    const renewing = { record: () => renewed, recordIn: () => Promise.resolve(renewed) };
    await ledger.apply(forward({ id: renewal, ...inThisWay(renewing) }));
    expect((await booksOf(orderId)).steps).toMatchObject([
      { step: 'authorise-payment', state: 'undoing', late: true, undoingAt: expect.any(Date) as Date },
      { step: 'authorise-payment#2', state: 'applied', late: false },
    ]);
  });

  test('the same step with another request is refused, before its effect', async () => {
    await ledger.apply(forward());
    const perform = jest.fn();
    const failure = await ledger.apply(forward({ request: () => ({ a: 2 }), perform })).catch(failureType);
    expect(failure).toBe('StepConflict');
    expect(perform).not.toHaveBeenCalled();
  });

  test('what a step needs to know is read of its own order, before its effect', async () => {
    await givenOrder(db.database, { clientReference: 'another' });
    const perform = jest.fn((call: StepCall, { read }: OrderFacts) => Promise.resolve(`${call.key} ${String(read)}`));
    const reading = Prisma.sql`(SELECT r.city FROM orders.recipient r WHERE r.order_id = o.id) || ' ' || o.client_reference`;
    expect(await ledger.apply(forward({ reading, perform }))).toBe(`${orderId}/authorise-payment Berlin test`);
  });

  test('a failing record leaves nothing behind', async () => {
    const failing = (effect: string) => ({ ...entry(effect), messages: [{ template: null as never }] });
    const broken = { record: failing, recordIn: (_: unknown, effect: string) => Promise.resolve(failing(effect)) };
    await expect(ledger.apply(forward(inThisWay(broken)))).rejects.toThrow('null value in column');
    expect(await booksOf(orderId)).toMatchObject({ status: 'created', steps: [], timeline: [], events: [] });
  });

  test('a status outside the table is refused by the database, with all that came with it', async () => {
    const leap = { result: '', status: 'paid' as const };
    const leaping = { record: () => leap, recordIn: () => Promise.resolve(leap) };
    await expect(ledger.apply(forward(inThisWay(leaping)))).rejects.toThrow('may not move from created to paid');
    expect(await booksOf(orderId)).toMatchObject({ status: 'created', steps: [] });
  });
});

describe.each(ways)('the fence, written %s', (chosen) => {
  beforeEach(() => {
    way = chosen;
  });

  test.each([
    ['the whole order', { fenced: true }, HOLD],
    ['the leg', { fencedLeg: 1 }, PACK],
    ['a later leg', { fencedLeg: 2 }, PACK],
  ])('an attempt behind the fence of %s is refused, and its step recorded as one to undo', async (_, data, id) => {
    const late = forward({
      id,
      perform: async () => {
        await fence(data);
        return 'late';
      },
    });
    expect(await ledger.apply(late).catch(failureType)).toBe('StepFenced');
    await expectOwed(id);
  });

  test('an attempt that waits for the fence to be moved meets it', async () => {
    let late: Promise<unknown> = Promise.resolve();
    await db.database.$transaction(async (tx) => {
      await tx.order.update({ where: { id: orderId }, data: { fenced: true } });
      late = ledger.apply(forward()).catch(failureType);
      await eventually(
        () => db.database.$queryRaw<unknown[]>`
          SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        (waiting) => waiting.length > 0,
      );
    });
    expect(await late).toBe('StepFenced');
    await expectOwed(HOLD);
  });

  test('an attempt that begins behind the fence asks nobody, and owes what an earlier one may have done', async () => {
    await fence({ fenced: true });
    const perform = jest.fn();
    expect(await ledger.apply(forward({ perform })).catch(failureType)).toBe('StepFenced');
    expect(perform).not.toHaveBeenCalled();
    await expectOwed(HOLD);
  });

  test.each<[string, StepId]>([
    ['has no undo', { kind: 'validate' }],
    ['asks no party', { kind: 'reserve-stock', leg: 1 }],
  ])('an attempt behind the fence of a step that %s leaves nothing', async (_, id) => {
    await fence({ fenced: true });
    expect(await ledger.apply(forward({ id })).catch(failureType)).toBe('StepFenced');
    expect((await booksOf(orderId)).steps).toEqual([]);
  });

  test('a step that is applied also where its order is undone meets no fence', async () => {
    await fence({ fenced: true });
    const refund: StepId = { kind: 'refund', subject: 'not-shipped/rest' };
    const paidBack = { result: 'paid back' };
    const recording = { record: () => paidBack, recordIn: () => Promise.resolve(paidBack) };
    const step = forward({ id: refund, beyondFence: true, ...inThisWay(recording) });
    await expect(ledger.apply(step)).resolves.toBe('paid back');
  });

  test('a leg that is not fenced goes on', async () => {
    await fence({ fencedLeg: 1 });
    await expect(ledger.apply(forward({ id: { ...PACK, leg: 2 } }))).resolves.toBeDefined();
  });

  test('a step of the order goes on behind the fence of a leg', async () => {
    await fence({ fencedLeg: 1 });
    await expect(ledger.apply(forward())).resolves.toBeDefined();
  });

  test('an attempt that meets the undo of its own step is fenced', async () => {
    const late = forward({
      perform: async () => {
        await ledger.undo({ orderId, id: HOLD });
        return 'late';
      },
    });
    expect(await ledger.apply(late).catch(failureType)).toBe('StepFenced');
    await expectOwed(HOLD);
  });
});

describe('undo', () => {
  test('undoes at the party by key and records it once', async () => {
    await ledger.apply(forward());
    const revert = jest.fn().mockResolvedValue(undefined);
    const record = jest.fn().mockResolvedValue({ note: 'put back' });
    await ledger.undo({ orderId, id: HOLD, revert, record });
    await ledger.undo({ orderId, id: HOLD, revert, record });
    expect(revert).toHaveBeenCalledWith(expect.objectContaining({ key: `${orderId}/authorise-payment` }));
    expect(revert).toHaveBeenCalledTimes(2);
    expect(record).toHaveBeenCalledTimes(1);
    const { steps, timeline } = await booksOf(orderId);
    expect(steps).toMatchObject([{ state: 'undone' }]);
    expect(timeline.map(({ note }) => note)).toEqual([null, 'put back']);
  });

  test('undoing what did not happen asks the party all the same, succeeds and bars the step', async () => {
    const revert = jest.fn().mockResolvedValue(undefined);
    const record = jest.fn();
    await ledger.undo({ orderId, id: HOLD, revert, record });
    expect(revert).toHaveBeenCalledTimes(1);
    expect(record).not.toHaveBeenCalled();
    expect(await ledger.apply(forward()).catch(failureType)).toBe('StepFenced');
    expect((await booksOf(orderId)).timeline).toEqual([]);
  });

  test('an undo whose party fails stays begun, and can be tried again', async () => {
    await ledger.apply(forward());
    const revert = jest.fn().mockRejectedValueOnce(new Error('away')).mockResolvedValue(undefined);
    await expect(ledger.undo({ orderId, id: HOLD, revert })).rejects.toThrow('away');
    expect((await booksOf(orderId)).steps).toMatchObject([{ state: 'undoing' }]);
    await ledger.undo({ orderId, id: HOLD, revert });
    expect((await booksOf(orderId)).steps).toMatchObject([{ state: 'undone' }]);
  });

  test('undos that race each other are recorded once', async () => {
    await ledger.apply(forward());
    const record = jest.fn().mockResolvedValue({});
    await Promise.all(Array.from({ length: 10 }, () => ledger.undo({ orderId, id: HOLD, record })));
    expect(record).toHaveBeenCalledTimes(1);
  });
});
