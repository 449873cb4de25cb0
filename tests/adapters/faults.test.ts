import type { Parties } from '../../adapters/ports';
import { createSandboxControl, createSandboxParties } from '../../adapters/sandbox';
import type { SandboxControl, SandboxFault } from '../../contracts/http/sandbox';
import { openDatabase, type Database } from '../../infra/database/client';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { eventually } from '../support/eventually';
import { callFor, newOrder, racing, recipient } from './suites/calls';

let db: TestDatabase;
let parties: Parties;
let control: SandboxControl;
/** A second pool, as another process of the deployment has one. */
let elsewhere: Database;

beforeAll(async () => {
  db = await createTestDatabase();
  parties = createSandboxParties(db.database);
  elsewhere = openDatabase(db.url);
  control = createSandboxControl(elsewhere);
});
afterEach(() => control.replaceFaults([]));
afterAll(async () => {
  await elsewhere.$disconnect();
  await db.drop();
});

const amount = { amount: 4990, currency: 'EUR' };

const authorisation = (order = newOrder()) => ({ ...callFor('authorise-payment', order), amount, token: 'tok_visa' });

/** A fault of every authorisation but for what is said otherwise. */
const fault = (change: Partial<SandboxFault>): SandboxFault => ({
  port: 'payment',
  operation: 'authorise',
  match: {},
  kind: 'refuse',
  ...change,
});

const effects = async (key: string) => (await parties.payment.lookup(key)).map(({ operation }) => operation);

const refusal = { name: 'PartyRefused', party: 'payment', reason: 'payment_declined' };
const partyFault = { name: 'PartyFault', party: 'payment' };

/** Resolves once every fault of the list has struck as often as it may. */
const usedUp = () =>
  eventually(
    () => elsewhere.sandboxFault.count({ where: { remaining: { gt: 0 } } }),
    (left) => left === 0,
  );

describe('what each kind of fault does', () => {
  test.each([
    { kind: 'refuse', error: refusal, took: [] },
    { kind: 'unavailable', error: partyFault, took: [] },
    { kind: 'effect_then_timeout', error: partyFault, took: ['authorise'] },
  ] as const)('$kind fails with $error.name after $took', async ({ kind, error, took }) => {
    await control.replaceFaults([fault({ kind })]);
    const call = authorisation();
    await expect(parties.payment.authorise(call)).rejects.toMatchObject(error);
    expect(await effects(call.key)).toEqual(took);
  });

  test('a call after effect_then_timeout answers with what took place, once', async () => {
    await control.replaceFaults([fault({ kind: 'effect_then_timeout', times: 1 })]);
    const call = authorisation();
    await expect(parties.payment.authorise(call)).rejects.toMatchObject(partyFault);
    await parties.payment.authorise(call);
    expect(await effects(call.key)).toEqual(['authorise']);
  });

  test('effect_then_timeout leaves a refusal as it is: there was no effect to lose the answer of', async () => {
    await control.replaceFaults([fault({ kind: 'effect_then_timeout' })]);
    const declined = { ...authorisation(), token: 'tok_declined' };
    await expect(parties.payment.authorise(declined)).rejects.toMatchObject(refusal);
  });

  test('slow waits for delayMs and then does it', async () => {
    await control.replaceFaults([fault({ kind: 'slow', delayMs: 80 })]);
    const call = authorisation();
    const before = performance.now();
    await parties.payment.authorise(call);
    expect(performance.now() - before).toBeGreaterThanOrEqual(79);
    expect(await effects(call.key)).toEqual(['authorise']);
  });

  test('hold waits until the list is replaced, by whatever process, and then does it', async () => {
    await control.replaceFaults([fault({ kind: 'hold', times: 2 })]);
    const calls = [authorisation(), authorisation()];
    const held = calls.map((call) => parties.payment.authorise(call));
    await usedUp();
    for (const call of calls) expect(await effects(call.key)).toEqual([]);
    await control.replaceFaults([fault({ kind: 'refuse' })]);
    await Promise.all(held);
    for (const call of calls) expect(await effects(call.key)).toEqual(['authorise']);
  });

  test('the effect of a call on hold takes place even if its caller has gone', async () => {
    await control.replaceFaults([fault({ kind: 'hold', times: 1 })]);
    const call = authorisation();
    const gone = Promise.race([parties.payment.authorise(call), usedUp().then(() => 'gave up')]);
    expect(await gone).toBe('gave up');
    await control.replaceFaults([]);
    await eventually(
      () => effects(call.key),
      (operations) => operations.includes('authorise'),
    );
  });

  test('a fault strikes before the party looks at its idempotency key', async () => {
    const call = authorisation();
    await parties.payment.authorise(call);
    await control.replaceFaults([fault({ kind: 'unavailable' })]);
    await expect(parties.payment.authorise(call)).rejects.toMatchObject(partyFault);
  });

  test('a fault strikes before the party refuses', async () => {
    await control.replaceFaults([fault({ kind: 'unavailable' })]);
    const declined = { ...authorisation(), token: 'tok_declined' };
    await expect(parties.payment.authorise(declined)).rejects.toMatchObject(partyFault);
  });
});

describe('which fault strikes', () => {
  test('a fault strikes as often as it says and no more, however many calls race in however many processes', async () => {
    const other = createSandboxParties(elsewhere);
    for (let round = 0; round < 10; round++) {
      await control.replaceFaults([fault({ times: 1 }), fault({ times: 2, kind: 'unavailable' })]);
      const outcomes = await Promise.all([racing(() => outcome(parties)), racing(() => outcome(other))]);
      const struck = outcomes.flat().filter((one) => one !== 'done');
      expect(struck.sort()).toEqual(['PartyFault', 'PartyFault', 'PartyRefused']);
    }
  });

  test('a fault without times strikes always', async () => {
    await control.replaceFaults([fault({})]);
    expect(await racing(() => outcome(parties))).toEqual(Array<string>(8).fill('PartyRefused'));
  });

  test('the first fault in the list goes first, and the next when it is used up', async () => {
    await control.replaceFaults([fault({ kind: 'unavailable', times: 1 }), fault({ kind: 'refuse', times: 1 })]);
    const inTurn = [await outcome(parties), await outcome(parties), await outcome(parties)];
    expect(inTurn).toEqual(['PartyFault', 'PartyRefused', 'done']);
  });

  test.each(['clientReference', 'orderId', 'customerId'] as const)('a fault may match the %s', async (field) => {
    const order = { ...newOrder(), customerId: 'cus_7' };
    await control.replaceFaults([fault({ match: { [field]: order[field] } })]);
    await expect(parties.payment.authorise(authorisation(order))).rejects.toMatchObject(refusal);
    await parties.payment.authorise(authorisation());
  });

  test('a fault strikes only where everything matches', async () => {
    const order = newOrder();
    await control.replaceFaults([fault({ match: { orderId: order.orderId, customerId: 'cus_other' } })]);
    await parties.payment.authorise(authorisation(order));
  });

  test('a fault of shipping may match the carrier', async () => {
    const [failing, working] = parties.carriers;
    const match = { carrier: failing!.carrier };
    await control.replaceFaults([fault({ port: 'shipping', operation: 'book', match })]);
    const call = { ...callFor('book/BER'), shipmentId: 'shp_match', warehouse: 'BER', recipient };
    await expect(failing!.book(call)).rejects.toMatchObject({ party: `shipping/${failing!.carrier}` });
    expect((await working!.book(call)).carrier).toBe(working!.carrier);
  });

  test('a call meets the old list or the new one, never neither, while the list is replaced', async () => {
    await control.replaceFaults([fault({})]);
    for (let round = 0; round < 30; round++) {
      const calls = racing(() => outcome(parties));
      await control.replaceFaults([fault({})]);
      expect(new Set(await calls)).toEqual(new Set(['PartyRefused']));
    }
  });

  test('of two lists that are put at once one stands', async () => {
    await racing(() => control.replaceFaults([fault({}), fault({})]));
    expect(await elsewhere.sandboxFault.count()).toBe(2);
  });

  const outcome = (one: Parties): Promise<string> =>
    one.payment.authorise(authorisation()).then(
      () => 'done',
      (error: unknown) => (error as Error).name,
    );
});

describe('every operation can be struck', () => {
  const order = newOrder();
  const call = callFor('step', order);
  const nothing = () => Promise.resolve();
  const booking = { ...call, shipmentId: 'shp_struck', warehouse: 'BER', recipient };
  const message = { ...call, template: 'order-shipped', channel: 'email', recipient } as const;
  type Case = [SandboxFault['port'], string, string, (parties: Parties) => Promise<unknown>];
  const cases: Case[] = [
    ['screening', 'screen', 'screening_refused', (to) => to.screening.screen({ ...call, grand: amount, recipient })],
    ['inventory', 'reserve', 'out_of_stock', (to) => to.inventory.around('reserve', call, nothing)],
    ['inventory', 'release', 'out_of_stock', (to) => to.inventory.around('release', call, nothing)],
    ['payment', 'authorise', 'payment_declined', (to) => to.payment.authorise(authorisation(order))],
    ['payment', 'capture', 'payment_declined', (to) => to.payment.capture({ ...call, authorisationKey: '-', amount })],
    ['payment', 'refund', 'payment_declined', (to) => to.payment.refund({ ...call, captureKey: '-', amount })],
    ['payment', 'void', 'payment_declined', (to) => to.payment.void(call)],
    ['warehouse', 'pack', 'packing_refused', (to) => to.warehouse.pack({ ...call, warehouse: 'BER', lines: [] })],
    ['warehouse', 'return_to_shelf', 'packing_refused', (to) => to.warehouse.returnToShelf(call)],
    ['shipping', 'book', 'no_carrier', (to) => to.carriers[0]!.book(booking)],
    ['shipping', 'cancel', 'no_carrier', (to) => to.carriers[0]!.cancel(call)],
    ['shipping', 'hand_over', 'no_carrier', (to) => to.carriers[0]!.handOver({ ...call, bookingKey: '-' })],
    ['notification', 'send', 'party_unavailable', (to) => to.notification.send(message)],
  ];

  test.each(cases)('%s %s is refused as %s', async (port, operation, reason, perform) => {
    await control.replaceFaults([fault({ port, operation, match: { orderId: order.orderId } })]);
    const outcome = perform(parties);
    await expect(outcome).rejects.toMatchObject({ name: 'PartyRefused', reason });
    await expect(outcome).rejects.toThrow('scripted fault');
  });
});

describe('an operation that is struck leaves what it would have ended as it was', () => {
  const order = newOrder();
  const [authorised, packed, booked] = [callFor('authorise', order), callFor('pack', order), callFor('book', order)];
  const captured = { ...callFor('authorise#2', order), capture: callFor('capture', order) };

  beforeAll(async () => {
    const { payment, warehouse, carriers } = parties;
    await payment.authorise({ ...authorised, amount, token: 'tok_visa' });
    await payment.authorise({ ...captured, amount, token: 'tok_visa' });
    await payment.capture({ ...captured.capture, authorisationKey: captured.key, amount });
    await warehouse.pack({ ...packed, warehouse: 'BER', lines: [] });
    await carriers[0]!.book({ ...booked, shipmentId: 'shp_left', warehouse: 'BER', recipient });
  });

  type Case = [SandboxFault['port'], string, () => Promise<unknown>];
  const later = callFor('later', order);
  const cases: Case[] = [
    ['payment', 'capture', () => parties.payment.capture({ ...later, authorisationKey: authorised.key, amount })],
    ['payment', 'refund', () => parties.payment.refund({ ...later, captureKey: captured.capture.key, amount })],
    ['payment', 'void', () => parties.payment.void(authorised)],
    ['warehouse', 'return_to_shelf', () => parties.warehouse.returnToShelf(packed)],
    ['shipping', 'cancel', () => parties.carriers[0]!.cancel(booked)],
    ['shipping', 'hand_over', () => parties.carriers[0]!.handOver({ ...later, bookingKey: booked.key })],
  ];

  test.each(cases)('%s %s', async (port, operation, perform) => {
    const before = await control.ledger(order.orderId);
    await control.replaceFaults([fault({ port, operation, kind: 'unavailable' })]);
    await expect(perform()).rejects.toMatchObject({ name: 'PartyFault' });
    expect(await control.ledger(order.orderId)).toEqual(before);
  });
});

describe('faults around our own stock transaction', () => {
  test.each([
    { kind: 'refuse', name: 'PartyRefused', committed: 0 },
    { kind: 'unavailable', name: 'PartyFault', committed: 0 },
    { kind: 'effect_then_timeout', name: 'PartyFault', committed: 1 },
  ] as const)('$kind fails with $name after $committed commits', async ({ kind, name, committed }) => {
    await control.replaceFaults([fault({ port: 'inventory', operation: 'reserve', kind })]);
    const commit = jest.fn(() => Promise.resolve());
    await expect(parties.inventory.around('reserve', callFor('reserve-stock'), commit)).rejects.toMatchObject({ name });
    expect(commit).toHaveBeenCalledTimes(committed);
  });
});
