import { ApplicationFailure } from '@temporalio/common';
import { StepLedger, type ForwardStep, type OrderFacts, type StepCall } from '../../activities/ledger/step-ledger';
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

/** A provider that is told by the test when to answer, and counts what it did by key. */
function scriptedParty() {
  const effects: string[] = [];
  const undone: string[] = [];
  return {
    effects,
    undone,
    perform: ({ key }: { key: string }) => {
      if (!effects.includes(key)) effects.push(key);
      return Promise.resolve(`ref-${key}`);
    },
    withdraw: ({ key }: { key: string }) => {
      undone.push(key);
      return Promise.resolve();
    },
  };
}

function validation(over: object = {}): ForwardStep<string, string> {
  const party = scriptedParty();
  return {
    orderId,
    step: 'validate',
    request: { a: 1 },
    perform: party.perform,
    withdraw: party.withdraw,
    ...recorded[way],
    ...over,
  };
}

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
    db.database.sagaStep.findMany({ where: { orderId: id } }),
    db.database.timelineEntry.findMany({ where: { orderId: id, step: { not: null } } }),
    db.database.message.findMany({ where: { orderId: id } }),
    db.database.outboxEvent.findMany({ where: { key: id } }),
  ]);
  return { status: order.status, steps, timeline, messages, events };
}

const failureType = (error: unknown) => (error instanceof ApplicationFailure ? error.type : error);

describe.each(ways)('apply, written %s', (chosen) => {
  beforeEach(() => {
    way = chosen;
  });

  test('writes ledger row, status, timeline, message and event together, once', async () => {
    await expect(ledger.apply(validation())).resolves.toBe(`ref-${orderId}/validate`);
    const books = await booksOf(orderId);
    expect(books).toMatchObject({
      status: 'validated',
      steps: [{ step: 'validate', state: 'applied', providerReference: `ref-${orderId}/validate` }],
      timeline: [{ step: 'validate', status: 'validated', actorType: 'system' }],
      messages: [{ template: 'order-confirmed', state: 'pending' }],
      events: [{ topic: 'orders.validated' }],
    });
  });

  test('a second try returns the stored result and asks nobody', async () => {
    const first = await ledger.apply(validation());
    const perform = jest.fn();
    await expect(ledger.apply(validation({ perform }))).resolves.toEqual(first);
    expect(perform).not.toHaveBeenCalled();
    expect((await booksOf(orderId)).events).toHaveLength(1);
  });

  test('twenty tries that race each other apply the step once and all get the same result', async () => {
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        ledger.apply(validation({ perform: () => Promise.resolve(`try ${index}`) })),
      ),
    );
    expect(new Set(results).size).toBe(1);
    const books = await booksOf(orderId);
    expect([books.steps.length, books.timeline.length, books.events.length, books.messages.length]).toEqual([
      1, 1, 1, 1,
    ]);
  });

  test('a try that another one overtook undoes what differs', async () => {
    const supersede = jest.fn();
    const slow = validation({
      perform: async () => {
        await ledger.apply(validation({ perform: () => Promise.resolve('the winner') }));
        return 'the loser';
      },
      supersede,
    });
    await expect(ledger.apply(slow)).resolves.toBe('the winner');
    expect(supersede).toHaveBeenCalledWith(expect.anything(), 'the loser', 'the winner');
  });

  test('the same step with another request is refused, before its effect', async () => {
    await ledger.apply(validation());
    const perform = jest.fn();
    const failure = await ledger.apply(validation({ request: { a: 2 }, perform })).catch(failureType);
    expect(failure).toBe('StepConflict');
    expect(perform).not.toHaveBeenCalled();
  });

  test('what a step needs to know is read of its own order, before its effect', async () => {
    await givenOrder(db.database, { clientReference: 'another' });
    const perform = jest.fn((call: StepCall, { read }: OrderFacts) => Promise.resolve(`${call.key} ${String(read)}`));
    const reading = Prisma.sql`(SELECT r.city FROM orders.recipient r WHERE r.order_id = o.id) || ' ' || o.client_reference`;
    expect(await ledger.apply(validation({ reading, perform }))).toBe(`${orderId}/validate Berlin test`);
  });

  test('a failing record leaves nothing behind', async () => {
    const failing = (effect: string) => ({ ...entry(effect), messages: [{ template: null as never }] });
    const broken = { record: failing, recordIn: (_: unknown, effect: string) => Promise.resolve(failing(effect)) };
    await expect(ledger.apply(validation(inThisWay(broken)))).rejects.toThrow('null value in column');
    expect(await booksOf(orderId)).toMatchObject({ status: 'created', steps: [], timeline: [], events: [] });
  });

  test('a status outside the table is refused by the database, with all that came with it', async () => {
    const leap = { result: '', status: 'paid' as const };
    const leaping = { record: () => leap, recordIn: () => Promise.resolve(leap) };
    await expect(ledger.apply(validation(inThisWay(leaping)))).rejects.toThrow('may not move from created to paid');
    expect(await booksOf(orderId)).toMatchObject({ status: 'created', steps: [] });
  });
});

describe.each(ways)('the fence, written %s', (chosen) => {
  beforeEach(() => {
    way = chosen;
  });

  test.each([
    ['the whole order', { fenced: true }, undefined],
    ['the leg', { fencedLeg: 1 }, 1],
    ['a later leg', { fencedLeg: 2 }, 1],
  ])('a try behind the fence of %s writes nothing, undoes its effect and is refused', async (_, data, leg) => {
    const party = scriptedParty();
    const late = validation({
      ...(leg !== undefined && { leg }),
      perform: async (call: StepCall) => {
        await fence(data);
        return party.perform(call);
      },
      withdraw: party.withdraw,
    });
    expect(await ledger.apply(late).catch(failureType)).toBe('StepFenced');
    expect(party.undone).toEqual([`${orderId}/validate`]);
    expect(await booksOf(orderId)).toMatchObject({ status: 'created', steps: [], timeline: [], events: [] });
  });

  test('a try that waits for the fence to be moved meets it', async () => {
    const party = scriptedParty();
    let late: Promise<unknown> = Promise.resolve();
    await db.database.$transaction(async (tx) => {
      await tx.order.update({ where: { id: orderId }, data: { fenced: true } });
      late = ledger.apply(validation({ perform: party.perform, withdraw: party.withdraw })).catch(failureType);
      await eventually(
        () => db.database.$queryRaw<unknown[]>`
          SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        (waiting) => waiting.length > 0,
      );
    });
    expect(await late).toBe('StepFenced');
    expect(party.undone).toEqual([`${orderId}/validate`]);
    expect(await booksOf(orderId)).toMatchObject({ status: 'created', steps: [], timeline: [], events: [] });
  });

  test('a try that begins behind the fence asks nobody, and undoes what an earlier one may have done', async () => {
    await fence({ fenced: true });
    const party = scriptedParty();
    const perform = jest.fn();
    expect(await ledger.apply(validation({ perform, withdraw: party.withdraw })).catch(failureType)).toBe('StepFenced');
    expect(perform).not.toHaveBeenCalled();
    expect(party.undone).toEqual([`${orderId}/validate`]);
  });

  test('a leg that is not fenced goes on', async () => {
    await fence({ fencedLeg: 1 });
    await expect(ledger.apply(validation({ leg: 2 }))).resolves.toBeDefined();
  });

  test('a step of the order goes on behind the fence of a leg', async () => {
    await fence({ fencedLeg: 1 });
    await expect(ledger.apply(validation())).resolves.toBeDefined();
  });

  test('a try that meets the undo of its own step is fenced', async () => {
    const party = scriptedParty();
    const late = validation({
      perform: async (call: StepCall) => {
        await ledger.undo({ orderId, step: 'validate' });
        return party.perform(call);
      },
      withdraw: party.withdraw,
    });
    expect(await ledger.apply(late).catch(failureType)).toBe('StepFenced');
    expect(party.undone).toEqual([`${orderId}/validate`]);
  });
});

describe('undo', () => {
  test('undoes at the party by key and records it once', async () => {
    await ledger.apply(validation());
    const revert = jest.fn().mockResolvedValue(undefined);
    const record = jest.fn().mockResolvedValue({ note: 'put back' });
    await ledger.undo({ orderId, step: 'validate', revert, record });
    await ledger.undo({ orderId, step: 'validate', revert, record });
    expect(revert).toHaveBeenCalledWith(expect.objectContaining({ key: `${orderId}/validate` }));
    expect(revert).toHaveBeenCalledTimes(2);
    expect(record).toHaveBeenCalledTimes(1);
    const { steps, timeline } = await booksOf(orderId);
    expect(steps).toMatchObject([{ state: 'undone' }]);
    expect(timeline.map(({ note }) => note)).toEqual([null, 'put back']);
  });

  test('undoing what did not happen asks the party all the same, succeeds and bars the step', async () => {
    const revert = jest.fn().mockResolvedValue(undefined);
    const record = jest.fn();
    await ledger.undo({ orderId, step: 'validate', revert, record });
    expect(revert).toHaveBeenCalledTimes(1);
    expect(record).not.toHaveBeenCalled();
    expect(await ledger.apply(validation()).catch(failureType)).toBe('StepFenced');
    expect((await booksOf(orderId)).timeline).toEqual([]);
  });

  test('an undo whose party fails stays begun and is taken up again', async () => {
    await ledger.apply(validation());
    const revert = jest.fn().mockRejectedValueOnce(new Error('away')).mockResolvedValue(undefined);
    await expect(ledger.undo({ orderId, step: 'validate', revert })).rejects.toThrow('away');
    expect((await booksOf(orderId)).steps).toMatchObject([{ state: 'undoing' }]);
    await ledger.undo({ orderId, step: 'validate', revert });
    expect((await booksOf(orderId)).steps).toMatchObject([{ state: 'undone' }]);
  });

  test('undos that race each other are recorded once', async () => {
    await ledger.apply(validation());
    const record = jest.fn().mockResolvedValue({});
    await Promise.all(Array.from({ length: 10 }, () => ledger.undo({ orderId, step: 'validate', record })));
    expect(record).toHaveBeenCalledTimes(1);
  });
});
