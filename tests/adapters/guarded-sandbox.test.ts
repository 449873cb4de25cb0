import { guardParties, type GuardedParties } from '../../adapters/circuit-breaker/guard-parties';
import { createSandboxControl, createSandboxParties, sandboxCarriers } from '../../adapters/sandbox';
import { createPartyMetrics } from '../../adapters/circuit-breaker/party-metrics';
import { startMetricsServer, type MetricsServer } from '../../infra/metrics-server';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { eventually } from '../support/eventually';
import { callFor, recipient } from './suites/calls';
import { describeCarrierPort } from './suites/carrier';
import { describeInventoryPort } from './suites/inventory';
import { describeNotificationPort } from './suites/notification';
import { describePaymentPort } from './suites/payment';
import { describeScreeningPort } from './suites/screening';
import { describeWarehousePort } from './suites/warehouse';

let db: TestDatabase;
let parties: GuardedParties;

beforeAll(async () => {
  db = await createTestDatabase();
  parties = guardParties(createSandboxParties(db.database));
});
afterAll(() => db.drop());

describeScreeningPort('guarded', () => ({
  screening: parties.screening,
  held: { recipient: { line1: '1 Review Street' } },
  refused: { recipient: { line1: '1 Refused Street' } },
}));
describeInventoryPort('guarded', () => parties.inventory);
const tokens = { acceptedToken: 'tok_visa', declinedToken: 'tok_declined' };
describePaymentPort('guarded', () => ({ payment: parties.payment, ...tokens }));
describeWarehousePort('guarded', () => parties.warehouse);
sandboxCarriers.forEach((name, index) => describeCarrierPort(`guarded ${name}`, () => parties.carriers[index]!));
describeNotificationPort('guarded', () => parties.notification);

const order = callFor('book/BER').order;
const called = (step: string) => ({ key: `${order.orderId}/${step}`, order });
const booking = { ...called('book/BER'), shipmentId: 'shp_undone', warehouse: 'BER', recipient };
const held = { ...called('authorise-payment'), amount: { amount: 4990, currency: 'EUR' }, token: 'tok_visa' };

test.each([
  ['payment', 'authorise', () => parties.payment.authorise(held), () => parties.payment.void(held)],
  [
    'warehouse',
    'pack',
    () => parties.warehouse.pack({ ...called('pack/BER'), warehouse: 'BER', lines: [] }),
    () => parties.warehouse.returnToShelf(called('pack/BER')),
  ],
  ['shipping', 'book', () => parties.carriers[0]!.book(booking), () => parties.carriers[0]!.cancel(booking)],
] as const)(
  'a scripted fault opens the circuit of %s, which its end alone does not close; undo passes',
  async (port, operation, forward, undo) => {
    const control = createSandboxControl(db.database);
    await forward();
    await control.replaceFaults([{ port, operation, match: {}, kind: 'unavailable' }]);
    for (let call = 0; call < 5; call++) await expect(forward()).rejects.toThrow('scripted fault');
    await control.replaceFaults([]);
    await expect(forward()).rejects.toMatchObject({ name: 'CircuitOpen' });
    await undo();
    const { payments, packs, labels } = await control.ledger(order.orderId);
    const effects = [...payments, ...packs, ...labels].map((effect) => effect.operation);
    expect(effects).toEqual(
      expect.arrayContaining([{ payment: 'void', warehouse: 'return_to_shelf', shipping: 'cancel' }[port]]),
    );
  },
);

describe('while a party is unavailable, as Prometheus sees it', () => {
  const CLOSED = ['screening', 'warehouse', 'shipping/nordpost', 'shipping/hansa-kurier', 'notification'];
  const metrics = createPartyMetrics();
  let server: MetricsServer;

  beforeAll(async () => {
    server = await startMetricsServer({ host: '127.0.0.1', port: 0, registry: metrics.registry });
  });
  afterAll(() => server.stop());

  test('its circuit is open, the other parties work, and it closes once the party is back', async () => {
    const control = createSandboxControl(db.database);
    const guarded = guardParties(createSandboxParties(db.database), { metrics, halfOpenAfterMs: 100 });
    const scrape = async () => (await (await fetch(`http://127.0.0.1:${server.port}/metrics`)).text()).split('\n');
    const amount = { amount: 4990, currency: 'EUR' };
    const pay = () => guarded.payment.authorise({ ...callFor('authorise-payment'), amount, token: 'tok_visa' });
    const circuit = (party: string, state: number) => `consign_circuit_state{party="${party}"} ${state}`;

    await control.replaceFaults([{ port: 'payment', operation: 'authorise', match: {}, kind: 'unavailable' }]);
    for (let call = 0; call < 5; call++) await expect(pay()).rejects.toThrow('scripted fault');
    expect(await scrape()).toEqual(
      expect.arrayContaining([circuit('payment', 2), ...CLOSED.map((party) => circuit(party, 0))]),
    );
    await guarded.screening.screen({ ...callFor('validate'), grand: amount, recipient });
    await guarded.warehouse.pack({ ...callFor('pack/BER'), warehouse: 'BER', lines: [] });
    const booking = { ...callFor('book/BER'), shipmentId: 'shp_meanwhile', warehouse: 'BER', recipient };
    for (const carrier of guarded.carriers) await carrier.book(booking);
    const message = { template: 'order-shipped', channel: 'email', recipient } as const;
    await guarded.notification.send({ ...callFor('order-shipped'), ...message });
    expect(await scrape()).toContain(circuit('payment', 2));

    await control.replaceFaults([]);
    await eventually(
      () => pay().catch(() => undefined),
      (answer) => answer !== undefined,
    );
    await Promise.all([pay(), pay()]);
    expect(await scrape()).toContain(circuit('payment', 0));
  });
});
