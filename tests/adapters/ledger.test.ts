import type { Parties } from '../../adapters/ports';
import { createSandboxControl, createSandboxParties } from '../../adapters/sandbox';
import { sandboxLedger, type SandboxControl } from '../../contracts/http/sandbox';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { callFor, newOrder, recipient } from './suites/calls';

let db: TestDatabase;
let parties: Parties;
let control: SandboxControl;

beforeAll(async () => {
  db = await createTestDatabase();
  parties = createSandboxParties(db.database);
  control = createSandboxControl(db.database);
});
afterAll(() => db.drop());

const amount = { amount: 4990, currency: 'EUR' };
const at = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string;
const mugs = (quantity: number) => [{ sku: 'MUG-001', quantity }];

test('knows nothing of an order that no party has heard of', async () => {
  expect(await control.ledger('ord_unknown')).toEqual({ payments: [], stock: [], packs: [], labels: [], messages: [] });
});

test('lists each effect that took place once, the undo effects too, in order', async () => {
  const order = newOrder();
  const [pack, book] = [callFor('pack/BER', order), callFor('book/BER', order)];
  const [first, second] = [callFor('authorise-payment', order), callFor('authorise-payment#2', order)];
  const capture = callFor('capture', order);
  const carrier = parties.carriers[1]!;
  for (let round = 0; round < 2; round++) {
    await parties.payment.authorise({ ...first, amount, token: 'tok_visa' });
    await parties.payment.void(first);
    await parties.payment.authorise({ ...second, amount, token: 'tok_visa' });
    await parties.payment.capture({ ...capture, authorisationKey: second.key, amount: { ...amount, amount: 100 } });
    await parties.warehouse.pack({ ...pack, warehouse: 'BER', lines: mugs(2) });
    await carrier.book({ ...book, shipmentId: 'shp_ledger', warehouse: 'BER', recipient });
    await carrier.cancel(book);
    await parties.warehouse.returnToShelf(pack);
  }
  const { trackingNumber } = await carrier.book({ ...book, shipmentId: 'shp_ledger', warehouse: 'BER', recipient });

  const ledger = await control.ledger(order.orderId);
  expect(sandboxLedger.parse(ledger)).toEqual(ledger);
  const { payments, packs, labels } = ledger;
  expect(payments).toEqual([
    { key: first.key, operation: 'authorise', ...amount, at },
    { key: first.key, operation: 'void', ...amount, at },
    { key: second.key, operation: 'authorise', ...amount, at },
    { key: capture.key, operation: 'capture', authorisationKey: second.key, amount: 100, currency: 'EUR', at },
  ]);
  const parcel = { key: pack.key, warehouse: 'BER', lines: mugs(2), at };
  expect(packs).toEqual([
    { ...parcel, operation: 'pack' },
    { ...parcel, operation: 'return_to_shelf' },
  ]);
  const label = { key: book.key, carrier: carrier.carrier, trackingNumber, at };
  expect(labels).toMatchObject([
    { ...label, operation: 'book' },
    { ...label, operation: 'cancel' },
  ]);
});

test('lists the hand-over of a parcel with its label, and each message with what it was filled with', async () => {
  const order = newOrder();
  const [book, handOver] = [callFor('book/BER', order), callFor('hand-over/BER', order)];
  const carrier = parties.carriers[0]!;
  const { trackingNumber } = await carrier.book({ ...book, shipmentId: 'shp_away', warehouse: 'BER', recipient });
  await carrier.handOver({ ...handOver, bookingKey: book.key });
  const message = { ...callFor('order-shipped', order), template: 'order-shipped', channel: 'email' } as const;
  await parties.notification.send({ ...message, recipient });
  const delayed = { ...callFor('order-delayed', order), template: 'order-delayed', channel: 'email' } as const;
  const data = { until: '2026-01-31T09:15:00Z', dropped: mugs(1) };
  await parties.notification.send({ ...delayed, recipient, data });

  const ledger = await control.ledger(order.orderId);
  expect(sandboxLedger.parse(ledger)).toEqual(ledger);
  const { labels, messages } = ledger;
  const label = { carrier: carrier.carrier, trackingNumber, at };
  expect(labels).toMatchObject([
    { ...label, key: book.key, operation: 'book' },
    { ...label, key: handOver.key, operation: 'hand_over' },
  ]);
  expect(messages).toEqual([
    { key: message.key, operation: 'send', template: 'order-shipped', channel: 'email', data: {}, at },
    { key: delayed.key, operation: 'send', template: 'order-delayed', channel: 'email', data, at },
  ]);
});

test("counts the order's skus from the warehouse's own books, whatever ours say", async () => {
  const order = await orderOfMugs();
  await stockUp('MUG-001', 'BER', 100, { reserved: 3 });
  await stockUp('MUG-001', 'HAM', 50);
  await stockUp('CUP-009', 'BER', 10);
  const [kept, returned] = [callFor('pack/BER', order), callFor('pack/HAM', order)];
  await parties.warehouse.pack({ ...kept, warehouse: 'BER', lines: mugs(2) });
  await parties.warehouse.pack({ ...callFor('pack/BER'), warehouse: 'BER', lines: mugs(5) });
  await parties.warehouse.pack({ ...returned, warehouse: 'HAM', lines: mugs(7) });
  await parties.warehouse.returnToShelf(returned);

  expect((await control.ledger(order.orderId)).stock).toEqual([
    { sku: 'MUG-001', warehouse: 'BER', onHand: 93, reserved: 3 },
    { sku: 'MUG-001', warehouse: 'HAM', onHand: 50, reserved: 0 },
  ]);
});

/** Goods received in two deliveries, one of them counted too high at first. */
async function stockUp(sku: string, warehouse: string, units: number, { reserved = 0 } = {}): Promise<void> {
  await db.database.stockLevel.create({ data: { sku, warehouse, onHand: units, reserved } });
  const changes = [units + 1, -1].map((change) => ({ sku, warehouse, kind: 'adjustment', change }));
  await db.database.stockMovement.createMany({ data: changes });
}

async function orderOfMugs() {
  const order = newOrder();
  const line = { position: 1, sku: 'MUG-001', name: 'Mug', quantity: 2, unitPrice: 1290 };
  await db.database.order.create({
    data: {
      id: order.orderId,
      clientReference: order.clientReference,
      customerId: order.customerId,
      currency: 'EUR',
      country: 'DE',
      fulfilment: 'all_or_nothing',
      items: 2580,
      shipping: 0,
      tax: 0,
      grand: 2580,
      shippingFlat: 0,
      taxBasisPoints: 0,
      lines: { create: [line] },
    },
  });
  return order;
}
