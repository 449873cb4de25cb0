import { ApplicationFailure } from '@temporalio/common';
import { createActivities, type FulfilmentActivities } from '../../activities';
import { StepLedger } from '../../activities/ledger/step-ledger';
import { CircuitOpen, PartyFault, PartyRefused } from '../../adapters/ports';
import { createSandboxControl, createSandboxParties } from '../../adapters/sandbox';
import { verifyBooks } from '../../books/verify';
import type { StepId } from '../../domain/step-kinds';
import { runActivity } from '../support/activity';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { givenOrder, givenStock } from '../support/given';
import { limits, shelvesOf, stopOf, undoAll } from './books';

let db: TestDatabase;
let ledger: StepLedger;
let activities: FulfilmentActivities;
let orderId: string;

beforeAll(async () => {
  db = await createTestDatabase();
  ledger = new StepLedger(db.database);
  activities = createActivities({ database: db.database, parties: createSandboxParties(db.database) });
  await givenStock(db.database, { 'MUG-001': { BER: 1000 } });
});
afterAll(() => db.drop());
beforeEach(async () => {
  ({ orderId } = await givenOrder(db.database));
});

const HOLD: StepId<'authorise-payment'> = { kind: 'authorise-payment', grant: 1 };

const fence = () => db.database.order.update({ where: { id: orderId }, data: { fenced: true } });

/** Attempts the step behind the fence; `answer` is what the party says, too late. */
const attemptLate = async (answer: () => Promise<unknown> = () => Promise.resolve('late')): Promise<unknown> => {
  await fence();
  return attempt(answer);
};

const attempt = (answer: () => Promise<unknown>): Promise<unknown> =>
  ledger
    .apply({ orderId, id: HOLD, request: () => ({}), perform: answer, record: () => ({ result: null }) })
    .catch((error: unknown) => (error instanceof ApplicationFailure ? error.type : error));

const undo = (over: object = {}) => ledger.undo({ orderId, id: HOLD, ...over });

const skip = () => {
  const id = { orderId, step: 'authorise-payment' };
  return db.database.sagaStep.upsert({
    where: { orderId_step: id },
    create: { ...id, kind: HOLD.kind, grant: 1, state: 'skipped' },
    update: { state: 'skipped' },
  });
};

const rowOf = (step: string) => db.database.sagaStep.findUnique({ where: { orderId_step: { orderId, step } } });
const stateOf = async (step = 'authorise-payment') => {
  const row = await rowOf(step);
  return row && `${row.state}${row.late ? ', late' : ''}`;
};

describe('an effect behind the fence is owed its undo', () => {
  test.each<[string, () => Promise<unknown>]>([
    ['when nothing was written of its step', async () => undefined],
    ['when its step was undone before it had happened', () => undo()],
    ['when its step was applied and undone', () => attempt(async () => 'first').then(() => undo())],
    ['when its undo had begun', () => undo({ revert: () => Promise.reject(new Error('away')) }).catch(() => undefined)],
    ['when a person had skipped the undo of what had not happened', () => skip()],
  ])('%s', async (_, before) => {
    await before();
    expect(await attemptLate()).toBe('StepFenced');
    expect(await stateOf()).toBe('undoing, late');
  });

  test('and is owed it again when another attempt comes later still', async () => {
    await attemptLate();
    await undo();
    expect(await stateOf()).toBe('undone, late');
    expect(await attemptLate()).toBe('StepFenced');
    expect(await stateOf()).toBe('undoing, late');
  });

  test('but a step whose undo a person skipped after it had happened stays written off: it cannot happen again', async () => {
    await attempt(async () => 'first');
    await skip();
    expect(await attemptLate()).toBe('StepFenced');
    expect(await stateOf()).toBe('skipped');
  });

  test('but a step that is applied stays so', async () => {
    await attempt(async () => 'first');
    expect(await attemptLate()).toBeNull();
    expect(await stateOf()).toBe('applied');
  });
});

describe('behind the fence', () => {
  const whileItGoesOn = (error: Error) => async () => {
    await fence();
    throw error;
  };

  test("a party's fault counts as an effect, because its answer may have been lost", async () => {
    expect(await attempt(whileItGoesOn(new PartyFault('payment', 'connection reset')))).toBe('StepFenced');
    expect(await stateOf()).toBe('undoing, late');
  });

  test.each([
    ['a call that an open circuit did not let through', new CircuitOpen('payment', 'left alone')],
    ["a party's refusal", new PartyRefused('payment', 'payment_declined', 'declined')],
    ['our own failure', new Error('our database is away')],
  ])('%s is no effect', async (_, error) => {
    expect(await attempt(whileItGoesOn(error))).toBe(error);
    expect(await stateOf()).toBeNull();
  });
});

test('an effect that arrives while its step is being undone stays owed after that undo', async () => {
  const revert = async () => {
    await attemptLate();
  };
  await undo({ revert });
  expect(await stateOf()).toBe('undoing, late');
  await undo();
  expect(await stateOf()).toBe('undone, late');
});

test("its undo does not repeat what the step's own undo wrote into our books", async () => {
  const record = jest.fn().mockResolvedValue({ note: 'put back' });
  await attempt(async () => 'first');
  await undo({ record });
  await attemptLate();
  const revert = jest.fn().mockResolvedValue(undefined);
  await undo({ revert, record });
  expect(revert).toHaveBeenCalledTimes(1);
  expect(record).toHaveBeenCalledTimes(1);
  expect(await stateOf()).toBe('undone, late');
});

test('its undo writes nothing into our books, where it never was in them', async () => {
  const record = jest.fn();
  await attemptLate();
  await undo({ record });
  expect(record).not.toHaveBeenCalled();
});

describe('at the parties', () => {
  const call = () => ({ orderId, limits });
  const parcel = () => ({ ...call(), leg: 1, parcel: 'BER' });
  const sandbox = () => createSandboxControl(db.database).ledger(orderId);

  /** An order that was packed and booked, undone and is at rest. */
  async function givenUndone(): Promise<void> {
    await runActivity(activities.validateOrder, [{ ...call(), reviewMs: 1000 }]);
    await runActivity(activities.reserveStock, [{ ...call(), leg: 1, shortfall: 'refuse' as const }]);
    await runActivity(activities.authorisePayment, [{ ...call(), grant: 1 }]);
    await runActivity(activities.packParcel, [parcel()]);
    await runActivity(activities.bookCarrier, [{ ...parcel(), carrierAttempts: 1 }]);
    const stop = stopOf(activities);
    await undoAll(activities, orderId, await stop(orderId, { reason: 'cancelled_by_customer' }));
    expect(await stop(orderId)).toMatchObject({ direction: 'closed', status: 'cancelled' });
  }

  test.each([
    ['pack/BER', 'packParcel', 'returnToShelf'],
    ['book/BER', 'bookCarrier', 'cancelBooking'],
    ['authorise-payment', 'authorisePayment', 'voidPayment'],
  ] as const)(
    'a late %s of an order at rest is undone there, and changes nothing else in our books',
    async (step, late, undoing) => {
      await givenUndone();
      const books = async () => ({
        shelves: await shelvesOf(db.database, 'MUG-001'),
        shipments: await db.database.shipment.findMany({ where: { orderId } }),
        movements: await db.database.stockMovement.findMany({ where: { orderId } }),
        payment: await db.database.payment.findUnique({ where: { orderId } }),
        timeline: await db.database.timelineEntry.findMany({ where: { orderId } }),
      });
      const before = await books();
      const input = { ...parcel(), ...(step === 'authorise-payment' && { leg: undefined, parcel: undefined }) };
      const again: Promise<unknown> = runActivity(activities[late], [{ ...input, carrierAttempts: 1 }]);
      await expect(again).rejects.toMatchObject({ type: 'StepFenced', nonRetryable: true });
      expect(await stateOf(step)).toBe('undoing, late');
      await runActivity(activities[undoing], [input]);
      expect(await stateOf(step)).toBe('undone, late');
      expect(await books()).toEqual(before);
    },
  );

  test('money that is held after the order came to rest is let go of', async () => {
    await stopOf(activities)(orderId, { reason: 'cancelled_by_customer' });
    const parties = createSandboxParties(db.database);
    const order = { orderId, clientReference: 'test', customerId: 'cus_1' };
    const amount = { amount: 1, currency: 'EUR' };
    await parties.payment.authorise({ key: `${orderId}/authorise-payment`, order, amount, token: 'tok_visa' });
    await expect(runActivity(activities.authorisePayment, [call()])).rejects.toMatchObject({ type: 'StepFenced' });
    expect((await verifyBooks(db.url)).violations.map(({ check }) => check).sort()).toEqual([
      'provider-authorised',
      'undoing',
    ]);
    await runActivity(activities.voidPayment, [call()]);
    expect((await sandbox()).payments.map(({ operation }) => operation)).toEqual(['authorise', 'void']);
  });

  test('a renewal leaves the older authorisation to be voided, and the order authorised', async () => {
    await runActivity(activities.validateOrder, [{ ...call(), reviewMs: 1000 }]);
    await runActivity(activities.reserveStock, [{ ...call(), leg: 1, shortfall: 'refuse' as const }]);
    await runActivity(activities.authorisePayment, [{ ...call(), grant: 1 }]);
    await runActivity(activities.authorisePayment, [{ ...call(), grant: 2 }]);
    expect([await stateOf(), await stateOf('authorise-payment#2')]).toEqual(['undoing, late', 'applied']);
    await runActivity(activities.voidPayment, [{ ...call(), grant: 1 }]);
    expect([await stateOf(), await stateOf('authorise-payment#2')]).toEqual(['undone, late', 'applied']);
    const order = await db.database.order.findUniqueOrThrow({ where: { id: orderId }, include: { payment: true } });
    expect([order.status, order.payment?.authorised]).toEqual(['authorised', order.grand]);
    expect(
      (await sandbox()).payments.map(({ key, operation }) => `${operation} ${key.replace(`${orderId}/`, '')}`),
    ).toEqual(['authorise authorise-payment', 'authorise authorise-payment#2', 'void authorise-payment']);
  });

  test('the books balance after all of it', async () => {
    expect((await verifyBooks(db.url)).violations).toEqual([]);
  });
});
