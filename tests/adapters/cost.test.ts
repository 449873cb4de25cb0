import type { Parties } from '../../adapters/ports';
import { createSandboxControl, createSandboxParties } from '../../adapters/sandbox';
import type { SandboxControl } from '../../contracts/http/sandbox';
import type { Sql } from '../../infra/database/sql';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { callFor, newOrder, recipient } from './suites/calls';

let db: TestDatabase;
let parties: Parties;
let control: SandboxControl;
/** What was sent to the parties' own database. */
const statements: string[] = [];

beforeAll(async () => {
  db = await createTestDatabase();
  const { sql } = db.database;
  const counting: typeof sql = {
    ...sql,
    query: (strings, ...values) => {
      statements.push(strings.join('?'));
      return sql.query(strings, ...values);
    },
    run: <Row extends object>(statement: Sql) => {
      statements.push(statement.sql);
      return sql.run<Row>(statement);
    },
  };
  parties = createSandboxParties(Object.assign(Object.create(db.database) as typeof db.database, { sql: counting }));
  control = createSandboxControl(db.database);
});
afterEach(() => control.replaceFaults([]));
afterAll(() => db.drop());

const amount = { amount: 4990, currency: 'EUR' };

/** The calls that an order makes on its way, and those that undo it, each of an order of its own. */
function callsOf({ screening, inventory, payment, warehouse, carriers, notification }: Parties) {
  const order = newOrder();
  const carrier = carriers[0]!;
  const [authorise, authorise2] = [callFor('authorise-payment', order), callFor('authorise-payment#2', order)];
  const [pack, book] = [callFor('pack/BER', order), callFor('book/BER', order)];
  const [pack2, book2] = [callFor('pack/HAM', order), callFor('book/HAM', order)];
  const parcel = { warehouse: 'BER', lines: [{ sku: 'MUG-001', quantity: 1 }] };
  const booking = { shipmentId: `shp_${order.orderId}`, warehouse: 'BER', recipient };
  const message = { template: 'order-shipped', channel: 'email', recipient } as const;
  const capture = { ...callFor('capture', order), authorisationKey: authorise.key, amount };
  const calls: [string, () => Promise<unknown>][] = [
    ['screening screen', () => screening.screen({ ...callFor('validate', order), grand: amount, recipient })],
    ['inventory reserve', () => inventory.around('reserve', callFor('reserve-stock', order), async () => undefined)],
    ['payment authorise', () => payment.authorise({ ...authorise, amount, token: 'tok_visa' })],
    ['warehouse pack', () => warehouse.pack({ ...pack, ...parcel })],
    ['shipping book', () => carrier.book({ ...book, ...booking })],
    ['payment capture', () => payment.capture(capture)],
    ['shipping hand_over', () => carrier.handOver({ ...callFor('hand-over/BER', order), bookingKey: book.key })],
    ['notification send', () => notification.send({ ...callFor('order-shipped', order), ...message })],
  ];
  const undoing: typeof calls = [
    ['payment void', () => payment.void(authorise2)],
    ['warehouse return_to_shelf', () => warehouse.returnToShelf(pack2)],
    ['shipping cancel', () => carrier.cancel(book2)],
    ['inventory release', () => inventory.around('release', callFor('reserve-stock', order), async () => undefined)],
  ];
  const toUndo = async () => {
    await payment.authorise({ ...authorise2, amount, token: 'tok_visa' });
    await warehouse.pack({ ...pack2, ...parcel });
    await carrier.book({ ...book2, ...booking });
  };
  return { order, calls, undoing, toUndo };
}

/** How many statements each of the calls takes, one after another. */
async function costOf(calls: readonly [string, () => Promise<unknown>][]): Promise<[string, number][]> {
  const costs: [string, number][] = [];
  for (const [name, call] of calls) {
    statements.length = 0;
    await call();
    costs.push([name, statements.length]);
  }
  return costs;
}

test('each call of an order costs its party one statement, also while faults are scripted for others', async () => {
  const { calls, undoing, toUndo } = callsOf(parties);
  const others = { match: { clientReference: 'another' }, kind: 'refuse' } as const;
  await control.replaceFaults([
    { port: 'payment', operation: 'authorise', ...others },
    { port: 'shipping', operation: 'hand_over', ...others },
  ]);
  expect(await costOf(calls)).toEqual(calls.map(([name]) => [name, 1]));
  await toUndo();
  expect(await costOf(undoing)).toEqual(undoing.map(([name]) => [name, 1]));
});

test('a fault that is used up costs nothing more', async () => {
  await control.replaceFaults([{ port: 'payment', operation: 'authorise', match: {}, kind: 'unavailable', times: 1 }]);
  const { calls } = callsOf(parties);
  const authorise = calls.filter(([name]) => name === 'payment authorise');
  await expect(costOf(authorise)).rejects.toThrow('scripted fault');
  expect(await costOf(authorise)).toEqual([['payment authorise', 1]]);
});

test('asked again, a party writes nothing and finds what it wrote', async () => {
  const { calls, order } = callsOf(parties);
  await costOf(calls);
  const before = await control.ledger(order.orderId);
  for (const [name, cost] of await costOf(calls)) expect([name, cost <= 4]).toEqual([name, true]);
  expect(await control.ledger(order.orderId)).toEqual(before);
});
