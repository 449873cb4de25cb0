import { ApplicationFailure } from '@temporalio/common';
import { createInTurn, type TurnCall } from '../../activities/order/in-turn';
import type { StepInput } from '../../contracts/workflow/order';
import { runActivity } from '../support/activity';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { givenOrder, givenStock } from '../support/given';

const LIMIT_MS = 50;

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
  await givenStock(db.database, { 'MUG-001': { BER: 10, HAM: 10 } });
});
afterAll(() => db.drop());

const refuse = () => {
  throw ApplicationFailure.create({ type: 'Refused', message: 'no', nonRetryable: true, details: [{ why: 1 }] });
};
const hang = () => new Promise(() => undefined);

/** Activities that answer, refuse, fail and never end, and write down who was called. */
function given(over: Record<string, (input: StepInput) => unknown> = {}) {
  const called: string[] = [];
  const tell = (name: string, answer: (input: StepInput) => unknown) => async (input: StepInput) => {
    called.push(input.parcel === undefined ? name : `${name} ${input.parcel}`);
    return answer(input);
  };
  const scripted = {
    answer: ({ orderId }: StepInput) => ({ said: orderId }),
    nothing: () => undefined,
    refuse,
    fail: () => {
      throw new TypeError('our own failure');
    },
    hang,
    packParcel: () => null,
    bookCarrier: ({ parcel }: StepInput) => ({ carrier: 'nordpost', trackingNumber: parcel }),
    ...over,
  };
  const activities = Object.fromEntries(Object.entries(scripted).map(([name, answer]) => [name, tell(name, answer)]));
  const { inTurn } = createInTurn({ database: db.database }, activities);
  const go = (...calls: TurnCall[]) => runActivity(inTurn, [{ calls, limitMs: LIMIT_MS }]);
  return { called, go };
}

const limits = { partyTimeoutMs: 1000, patienceMs: 1000 };
const call = (activity: string, orderId = 'ord_1', goesOnIf?: TurnCall['goesOnIf']): TurnCall => ({
  activity,
  input: { orderId, limits },
  ...(goesOnIf && { goesOnIf }),
});

test('calls are made one after the other, each with its own input', async () => {
  const { called, go } = given();
  await expect(go(call('answer', 'a'), call('nothing'), call('answer', 'b'))).resolves.toEqual([
    { result: { said: 'a' } },
    { result: null },
    { result: { said: 'b' } },
  ]);
  expect(called).toEqual(['answer', 'nothing', 'answer']);
});

const failures: [string, object][] = [
  ['refuse', { message: 'no', type: 'Refused', nonRetryable: true, details: [{ why: 1 }] }],
  ['fail', { message: 'our own failure', type: 'TypeError', nonRetryable: false, details: [] }],
  [
    'hang',
    {
      message: `the first attempt of hang did not answer within ${LIMIT_MS} ms`,
      type: 'PartyFault',
      nonRetryable: false,
      details: [],
    },
  ],
];

test.each(failures)('a failure of the first is returned as it is, and ends the turn: %s', async (activity, failure) => {
  const { called, go } = given();
  await expect(go(call(activity), call('answer'))).resolves.toEqual([{ failure }]);
  expect(called).toEqual([activity]);
});

test.each(failures)(
  'a later failure is returned after what came before it, and ends the turn: %s',
  async (activity, failure) => {
    const { called, go } = given();
    await expect(go(call('answer', 'a'), call(activity), call('answer'))).resolves.toEqual([
      { result: { said: 'a' } },
      { failure },
    ]);
    expect(called).toEqual(['answer', activity]);
  },
);

test.each([
  ['says so', { said: 'yes' }, ['answer', 'nothing']],
  ['says otherwise', { said: 'no' }, ['answer']],
])('the next call is made only where the answer that it depends on %s', async (_, goesOnIf, calls) => {
  const { called, go } = given();
  const attempts = await go(call('answer', 'yes', goesOnIf), call('nothing'));
  expect(called).toEqual(calls);
  expect(attempts[0]).toEqual({ result: { said: 'yes' } });
});

test('an activity that there is not is an error', async () => {
  await expect(given().go(call('unheard'))).rejects.toThrow('there is no activity unheard');
});

describe('the parcels of a leg', () => {
  let orderId: string;
  const packAndBook = (leg = 1): TurnCall => ({ activity: 'packAndBook', input: { orderId, leg, limits } });

  beforeEach(async () => {
    ({ orderId } = await givenOrder(db.database));
    const parcels = [
      ['BER', 1, 'allocated'],
      ['HAM', 1, 'packed'],
      ['MUC', 1, 'booked'],
      ['CGN', 1, 'returned_to_shelf'],
      ['BER', 2, 'allocated'],
    ] as const;
    await db.database.shipment.createMany({
      data: parcels.map(([warehouse, leg, status]) => ({
        id: `${orderId}${warehouse}${leg}`,
        orderId,
        leg,
        warehouse,
        status,
      })),
    });
  });

  const booked = (parcel: string) => {
    return { parcel, pack: { result: null }, book: { result: { carrier: 'nordpost', trackingNumber: parcel } } };
  };

  test('are packed and booked, each by its own, but for those that are booked or back already', async () => {
    const { called, go } = given();
    expect(await go(packAndBook())).toEqual([{ result: [booked('BER'), booked('HAM')] }]);
    expect(called.sort()).toEqual(['bookCarrier BER', 'bookCarrier HAM', 'packParcel BER', 'packParcel HAM']);
    expect(await go(packAndBook(2))).toEqual([{ result: [booked('BER')] }]);
  });

  test('do not hold each other up, and one that is not packed is not booked', async () => {
    const { called, go } = given({ packParcel: ({ parcel }) => (parcel === 'BER' ? hang() : null) });
    const [attempt] = await go(packAndBook());
    expect(attempt).toEqual({
      result: [
        { parcel: 'BER', pack: { failure: expect.objectContaining({ type: 'PartyFault' }) as object } },
        booked('HAM'),
      ],
    });
    expect(called).not.toContain('bookCarrier BER');
  });

  test('say what came of a booking that was refused', async () => {
    const { go } = given({ bookCarrier: refuse });
    const refusal = { failure: expect.objectContaining({ type: 'Refused', nonRetryable: true }) as object };
    expect(await go(packAndBook(2))).toEqual([{ result: [{ parcel: 'BER', pack: { result: null }, book: refusal }] }]);
  });
});
