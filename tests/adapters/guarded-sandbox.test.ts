import { guardParties, type GuardedParties } from '../../adapters/circuit-breaker/guard-parties';
import { createSandboxControl, createSandboxParties, sandboxCarriers } from '../../adapters/sandbox';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { callFor } from './suites/calls';
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

test('a scripted fault opens the circuit of its party, and the end of the script alone does not close it', async () => {
  const control = createSandboxControl(db.database);
  await control.replaceFaults([{ port: 'payment', operation: 'void', match: {}, kind: 'unavailable' }]);
  const cancel = () => parties.payment.void(callFor('authorise-payment'));
  for (let call = 0; call < 5; call++) await expect(cancel()).rejects.toThrow('scripted fault');
  await control.replaceFaults([]);
  await expect(cancel()).rejects.toMatchObject({ name: 'CircuitOpen', party: 'payment' });
});
