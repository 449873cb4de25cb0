import { createSandboxControl, createSandboxParties, sandboxCarriers } from '../../adapters/sandbox';
import type { Parties } from '../../adapters/ports';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { callFor, newOrder, recipient } from './suites/calls';
import { describeCarrierPort } from './suites/carrier';
import { describeInventoryPort } from './suites/inventory';
import { describeNotificationPort } from './suites/notification';
import { describePaymentPort } from './suites/payment';
import { describeScreeningPort, screened } from './suites/screening';
import { describeWarehousePort } from './suites/warehouse';

let db: TestDatabase;
let parties: Parties;

beforeAll(async () => {
  db = await createTestDatabase();
  parties = createSandboxParties(db.database, { now: () => new Date('2026-01-31T09:00:00Z') });
});
afterAll(() => db.drop());

describeScreeningPort('sandbox', () => ({
  screening: parties.screening,
  held: { grand: { amount: 2_000_000, currency: 'EUR' } },
  refused: { recipient: { line1: '1 Refused Street' } },
}));
describeInventoryPort('sandbox', () => parties.inventory);
describePaymentPort('sandbox', () => ({
  payment: parties.payment,
  acceptedToken: 'tok_visa',
  declinedToken: 'tok_declined',
}));
describeWarehousePort('sandbox', () => parties.warehouse);
sandboxCarriers.forEach((name, index) => {
  describeCarrierPort(`sandbox ${name}`, () => parties.carriers[index]!);
});
describeNotificationPort('sandbox', () => parties.notification);

describe('the sandbox itself', () => {
  const amount = { amount: 100, currency: 'EUR' };

  test('declines a token that does not begin with tok_, and says why', async () => {
    const call = { ...callFor('authorise-payment'), amount, token: 'card_1' };
    await expect(parties.payment.authorise(call)).rejects.toThrow('the sandbox knows those beginning tok_');
  });

  test('holds no money again for the key of a voided authorisation', async () => {
    const call = { ...callFor('authorise-payment'), amount, token: 'tok_visa' };
    const first = await parties.payment.authorise(call);
    await parties.payment.void(call);
    expect(await parties.payment.authorise(call)).toEqual(first);
    expect((await parties.payment.lookup(call.key)).map(({ operation }) => operation)).toEqual(['authorise', 'void']);
  });

  test.each([
    ['passed', { grand: { amount: 1_999_999, currency: 'EUR' } }],
    ['review', { grand: { amount: 2_000_001, currency: 'SEK' } }],
    ['review', { recipient: { line1: 'Review Street 12 a' } }],
    ['passed', { recipient: { line1: 'Review Lane 1', line2: 'Review Street' } }],
    ['passed', { recipient: { city: 'Review Street' } }],
  ] as const)('by amount and first address line says %s of %j', async (verdict, order) => {
    expect(await parties.screening.screen(screened(order))).toBe(verdict);
  });

  test('refuses by the street whatever the amount', async () => {
    const order = {
      grand: { amount: 2_000_000, currency: 'EUR' },
      recipient: { line1: 'Refused Street, Review Street' },
    };
    await expect(parties.screening.screen(screened(order))).rejects.toThrow('refuses');
  });

  test('keeps the label as it was first printed', async () => {
    const call = { ...callFor('book/BER'), shipmentId: 'shp_kept', warehouse: 'BER', recipient };
    const label = await parties.carriers[0]!.book(call);
    const later = createSandboxParties(db.database, { now: () => new Date('2026-02-07T09:00:00Z') });
    expect(await later.carriers[0]!.book(call)).toEqual(label);
    expect(label.estimatedDelivery).toBe('2026-02-02T09:00:00.000Z');
  });

  test('keeps the books of two carriers apart', async () => {
    const call = { ...callFor('book/BER'), shipmentId: 'shp_apart', warehouse: 'BER', recipient };
    await parties.carriers[0]!.book(call);
    expect(await parties.carriers[1]!.lookup(call.key)).toBe('unknown');
    await parties.carriers[1]!.cancel(call);
    expect(await parties.carriers[0]!.lookup(call.key)).toBe('booked');
  });

  test('writes nothing about the recipient into its books', async () => {
    const order = newOrder();
    await parties.carriers[0]!.book({ ...callFor('book/BER', order), shipmentId: 's', warehouse: 'BER', recipient });
    const message = { template: 'order-confirmed', channel: 'email', recipient } as const;
    await parties.notification.send({ ...callFor('order-confirmed', order), ...message });
    const books = JSON.stringify(await createSandboxControl(db.database).ledger(order.orderId));
    for (const personal of [recipient.name, recipient.line1, recipient.email]) expect(books).not.toContain(personal);
  });
});
