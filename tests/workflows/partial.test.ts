import { outlived, refusal, type Script } from '../support/scripted-activities';
import { detailsOf, startScriptedOrders, type ScriptedOrders } from '../support/scripted-orders';
import { quickPolicy } from '../support/given';

let orders: ScriptedOrders;

beforeAll(async () => {
  orders = await startScriptedOrders();
});
afterAll(() => orders.stop());

const warehouses = ['BER', 'HAM'];
const SHIP_AVAILABLE = { warehouses, shipAvailable: true } as const;
const refused = () => Promise.reject(refusal('packing_refused'));
const noCarrier = () => Promise.reject(refusal('no_carrier'));

/** What happens to the parcel in Hamburg alone. */
const inHamburg = (run: () => unknown) => (input: { parcel?: string }) => (input.parcel === 'HAM' ? run() : undefined);

describe('an order that ships what is available', () => {
  test.each<[string, Script, string[]]>([
    ['cannot be packed', { packParcel: inHamburg(refused) }, ['returnToShelf HAM']],
    ['finds no carrier', { bookCarrier: inHamburg(noCarrier) }, ['cancelBooking HAM', 'returnToShelf HAM']],
    [
      'reaches no carrier',
      { bookCarrier: inHamburg(() => Promise.reject(outlived())) },
      ['cancelBooking HAM', 'returnToShelf HAM'],
    ],
  ])('drops the parcel that %s: undone, taken out, not charged', async (_, script, undos) => {
    const { outcome, calls, handle } = await orders.run(script, SHIP_AVAILABLE);
    expect(outcome).toEqual({ status: 'delivered', reason: null });
    for (const undo of undos) expect(calls.indexOf(undo)).toBeLessThan(calls.indexOf('dropParcel HAM'));
    expect(calls.filter((call) => /BER/.test(call))).toEqual(['packParcel BER', 'bookCarrier BER']);
    expect(calls.indexOf('dropParcel HAM')).toBeLessThan(calls.indexOf('capturePayment'));
    expect(await detailsOf(handle)).toContain(
      'Not shipped, because it could not be handed to a carrier: 1 × MUG-001; now 20.00 EUR',
    );
    expect(await detailsOf(handle)).toContain('Capture 20.00 EUR');
  });

  test('waits for carriers where no parcel finds one, and drops none', async () => {
    const leg1 = ({ leg = 1 }) => (leg === 1 ? noCarrier() : undefined);
    const options = { ...SHIP_AVAILABLE, policy: quickPolicy({ carrierRetries: 1 }) };
    const { outcome, inputsOf } = await orders.run({ bookCarrier: leg1 }, options);
    expect(outcome.status).toBe('delivered');
    expect(inputsOf('stopOrder')[0]).toMatchObject({ reason: 'no_carrier', failedLeg: 1 });
    expect(inputsOf('dropParcel')).toEqual([]);
    expect(inputsOf('reserveStock').map(({ shortfall }) => shortfall)).toEqual(['drop', 'drop']);
  });

  test('is rejected where no parcel can be packed', async () => {
    const { outcome, calls } = await orders.run({ packParcel: refused }, SHIP_AVAILABLE);
    expect(outcome).toEqual({ status: 'rejected', reason: 'packing_refused' });
    expect(calls).toEqual(
      expect.arrayContaining(['returnToShelf BER', 'returnToShelf HAM', 'voidPayment', 'releaseStock']),
    );
  });

  test('authorises and captures less where stock is missing', async () => {
    const grand = { amount: 1500, currency: 'EUR' };
    const parcel = {
      parcel: 'BER',
      warehouse: 'BER',
      shipmentId: 'shp_1_BER',
      lines: [{ sku: 'MUG-001', quantity: 1 }],
    };
    const reserveStock = () => ({ parcels: [parcel], dropped: [{ sku: 'RARE-1', quantity: 2 }], grand });
    const { handle } = await orders.run({ reserveStock }, { shipAvailable: true });
    const details = await detailsOf(handle);
    expect(details).toContain('Authorise 15.00 EUR');
    expect(details).toContain('Capture 15.00 EUR');
    expect(details).toContain('Not shipped, because there is no stock: 2 × RARE-1; now 15.00 EUR');
  });
});

describe('an order that ships all or nothing', () => {
  test.each<[string, Script, string]>([
    ['cannot be packed', { packParcel: inHamburg(refused) }, 'packing_refused'],
    ['finds no carrier', { bookCarrier: inHamburg(noCarrier) }, 'no_carrier'],
  ])('is undone as a whole where one parcel %s', async (_, script, reason) => {
    const { outcome, calls, inputsOf } = await orders.run(script, { warehouses });
    expect(outcome).toEqual({ status: 'rejected', reason });
    expect(calls).toEqual(expect.arrayContaining(['returnToShelf BER', 'returnToShelf HAM', 'voidPayment']));
    expect(calls).not.toContain('capturePayment');
    expect(inputsOf('reserveStock')).toMatchObject([{ shortfall: 'refuse' }]);
  });
});
