import { CARRIER_SCAN } from '../../contracts/workflow/order';
import type { FulfilOrderInput } from '../../contracts/workflow/order';
import { searchAttributes } from '../../contracts/workflow/search-attributes';
import { quickPolicy } from '../support/given';
import { fencedOff, outlived, refusal, scriptedActivities, type Script } from '../support/scripted-activities';
import { startTimeSkippingTemporal, type OrderHandle, type TestTemporal } from '../support/temporal';

let temporal: TestTemporal;
let orders = 0;

beforeAll(async () => {
  temporal = await startTimeSkippingTemporal();
});
afterAll(() => temporal.stop());

const FORWARD = ['validateOrder', 'reserveStock', 'authorisePayment', 'packParcel BER', 'bookCarrier BER'];
const LINES = [{ sku: 'MUG-001', quantity: 1 }];

function anOrder(over: Partial<FulfilOrderInput> = {}): FulfilOrderInput {
  orders += 1;
  const grand = { amount: 4990, currency: 'EUR' };
  return { orderId: `ord_${orders}`, country: 'DE', grand, lines: LINES, policy: quickPolicy(), ...over };
}

const deliver = (handle: OrderHandle, warehouses: string[]) =>
  Promise.all(
    warehouses.map((warehouse) =>
      handle.signal(CARRIER_SCAN, { shipmentId: `shp_1_${warehouse}`, status: 'delivered' as const }),
    ),
  );

/** Runs an order to its end; its carriers scan each parcel as delivered once it is handed over. */
async function run(script: Script, warehouses = ['BER'], input = anOrder()) {
  const handOver = () => deliver(temporal.handle(input.orderId), warehouses);
  const scripted = scriptedActivities(warehouses, { handOver, ...script });
  const result = await temporal.withWorker(scripted.activities, async () => {
    const handle = await temporal.start(input);
    return handle.result();
  });
  return { ...scripted, result };
}

describe('forward', () => {
  test('an order goes from acceptance to delivery, capturing once every parcel has a carrier', async () => {
    const { result, story } = await run({});
    expect(result).toEqual({ status: 'delivered', reason: null });
    expect(story()).toEqual([...FORWARD, 'capturePayment', 'handOver', 'recordScan']);
  });

  test('parcels are packed and booked side by side, and captured together', async () => {
    let release: () => void = () => undefined;
    const bothPacking = new Promise<void>((resolve) => (release = resolve));
    let packing = 0;
    const packParcel = () => {
      packing += 1;
      if (packing === 2) release();
      return bothPacking;
    };
    const { result, calls, story } = await run({ packParcel }, ['BER', 'HAM']);
    expect(result.status).toBe('delivered');
    expect(calls.indexOf('capturePayment')).toBeGreaterThan(calls.indexOf('bookCarrier BER'));
    expect(calls.indexOf('capturePayment')).toBeGreaterThan(calls.indexOf('bookCarrier HAM'));
    expect(story().filter((call) => call === 'recordScan')).toHaveLength(2);
  });

  test('a scan that comes twice is recorded once', async () => {
    const scripted = scriptedActivities(['BER']);
    await temporal.withWorker(scripted.activities, async () => {
      const handle = await temporal.start(anOrder());
      const scan = { shipmentId: 'shp_1_BER', status: 'in_transit' as const };
      await handle.signal(CARRIER_SCAN, scan);
      await handle.signal(CARRIER_SCAN, scan);
      await deliver(handle, ['BER']);
      await handle.result();
    });
    expect(scripted.calls.filter((call) => call === 'recordScan')).toHaveLength(2);
  });

  test('a message that cannot be sent neither delays nor fails the order', async () => {
    const sendMessages = () => Promise.reject(new Error('the mail server is away'));
    const { result } = await run({ sendMessages });
    expect(result).toEqual({ status: 'delivered', reason: null });
  });

  test('our own failures are retried without limit and unwind nothing', async () => {
    let failures = 0;
    const authorisePayment = () => {
      failures += 1;
      return failures < 40 ? Promise.reject(new Error('the database is away')) : null;
    };
    const { result, story } = await run({ authorisePayment }, ['BER'], anOrder());
    expect(result.status).toBe('delivered');
    expect(story().filter((call) => call === 'authorisePayment')).toHaveLength(40);
  });

  test('carriers given up for another one are told to cancel beside the saga, before the run ends', async () => {
    const bookCarrier = () => ({ carrier: 'hansa-kurier', trackingNumber: 'H1', givenUp: ['nordpost'] });
    const { result, story } = await run({ bookCarrier });
    expect(result.status).toBe('delivered');
    expect(story()).toContain('cancelGivenUp BER');
  });
});

describe('compensation', () => {
  const unwound = (undos: string[]) => ['beginUnwinding', ...undos, 'finishUnwinding'];

  test.each<[string, Script, string, string[]]>([
    ['validation', { validateOrder: () => Promise.reject(refusal('screening_refused')) }, 'screening_refused', []],
    ['reservation', { reserveStock: () => Promise.reject(refusal('out_of_stock')) }, 'out_of_stock', ['releaseStock']],
    [
      'authorisation',
      { authorisePayment: () => Promise.reject(refusal('payment_declined')) },
      'payment_declined',
      ['releaseStock', 'voidPayment'],
    ],
    [
      'packing',
      { packParcel: () => Promise.reject(refusal('packing_refused')) },
      'packing_refused',
      ['returnToShelf BER', 'voidPayment', 'releaseStock'],
    ],
    [
      'booking',
      { bookCarrier: () => Promise.reject(refusal('no_carrier')) },
      'no_carrier',
      ['cancelBooking BER', 'voidPayment', 'returnToShelf BER', 'releaseStock'],
    ],
    [
      'capture',
      { capturePayment: () => Promise.reject(refusal('payment_declined')) },
      'payment_declined',
      ['cancelBooking BER', 'voidPayment', 'returnToShelf BER', 'releaseStock'],
    ],
  ])('a refused %s undoes every step that was called, and rejects the order', async (_, script, reason, undos) => {
    const { result, story } = await run(script);
    expect(result).toEqual({ status: 'rejected', reason });
    const undone = story().slice(story().indexOf('beginUnwinding'));
    expect([...undone].sort()).toEqual([...unwound(undos)].sort());
    expect([undone[0], undone.at(-1)]).toEqual(['beginUnwinding', 'finishUnwinding']);
  });

  test('an order that finds its own fence goes on undoing: an earlier try of the task was lost with its worker', async () => {
    const { result, story } = await run({ authorisePayment: () => Promise.reject(fencedOff()) });
    expect(result).toEqual({ status: 'rejected', reason: 'no_carrier' });
    for (const undo of ['cancelBooking BER', 'returnToShelf BER', 'voidPayment', 'releaseStock']) {
      expect(story()).toContain(undo);
    }
    expect(story().at(-1)).toBe('finishUnwinding');
  });

  test('a fault that outlives the patience undoes the order as failed', async () => {
    const { result } = await run({ bookCarrier: () => Promise.reject(outlived()) });
    expect(result).toEqual({ status: 'failed', reason: 'party_unavailable' });
  });

  test('a parcel is undone newest step first, and the reservation after all parcels', async () => {
    const { story } = await run({ capturePayment: () => Promise.reject(refusal('payment_declined')) }, ['BER', 'HAM']);
    const at = (call: string) => story().indexOf(call);
    for (const parcel of ['BER', 'HAM']) {
      expect(at(`cancelBooking ${parcel}`)).toBeLessThan(at(`returnToShelf ${parcel}`));
      expect(at(`returnToShelf ${parcel}`)).toBeLessThan(at('releaseStock'));
    }
  });

  test('a stuck undo holds only its own chain', async () => {
    let failures = 0;
    const returnToShelf = () => {
      failures += 1;
      return failures < 10 ? Promise.reject(new Error('the warehouse is away')) : null;
    };
    const script = { returnToShelf, bookCarrier: () => Promise.reject(refusal('no_carrier')) };
    const { result, story } = await run(script, ['BER'], anOrder({ policy: quickPolicy({ carrierRetries: 0 }) }));
    expect(result.status).toBe('rejected');
    expect(story().indexOf('voidPayment')).toBeLessThan(story().lastIndexOf('returnToShelf BER'));
    expect(story().filter((call) => call === 'returnToShelf BER')).toHaveLength(10);
  });

  test('a step under way when another fails is undone at once, and once more after its deadline', async () => {
    let stuck: () => void = () => undefined;
    const underWay = new Promise<void>((resolve) => (stuck = resolve));
    const packParcel = async ({ parcel }: { parcel?: string }) => {
      if (parcel === 'HAM') await underWay;
    };
    const bookCarrier = () => Promise.reject(refusal('no_carrier'));
    const returnToShelf = ({ parcel }: { parcel?: string }) => (parcel === 'HAM' ? stuck() : undefined);
    const order = anOrder({ policy: quickPolicy({ carrierRetries: 0 }) });
    const { result, story } = await run({ packParcel, bookCarrier, returnToShelf }, ['BER', 'HAM'], order);
    expect(result).toEqual({ status: 'rejected', reason: 'no_carrier' });
    expect(story().filter((call) => call === 'returnToShelf HAM')).toHaveLength(2);
    expect(story().filter((call) => call === 'returnToShelf BER')).toHaveLength(1);
    expect(story().at(-1)).toBe('finishUnwinding');
  });
});

describe('attention', () => {
  const { needsAttention, stuckStep } = searchAttributes;

  test('a step that keeps failing for longer than the policy allows raises NeedsAttention, and its end lowers it', async () => {
    const raised: unknown[] = [];
    let handle: OrderHandle | undefined;
    let failures = 0;
    const authorisePayment = async () => {
      const found = (await handle?.describe())?.typedSearchAttributes;
      raised.push(found?.get(needsAttention) === true ? found.get(stuckStep) : 'not raised');
      failures += 1;
      if (failures < 8) throw new Error('the database is away');
    };
    const policy = quickPolicy({ attentionAfterMs: 3000, retryInitialIntervalMs: 1000, retryMaxIntervalMs: 1000 });
    const scripted = scriptedActivities(['BER'], { authorisePayment });
    await temporal.withWorker(scripted.activities, async () => {
      handle = await temporal.start(anOrder({ policy }));
      await deliver(handle, ['BER']);
      await handle.result();
    });
    const atEnd = (await handle?.describe())?.typedSearchAttributes;
    expect(raised.slice(0, 3)).toEqual(['not raised', 'not raised', 'not raised']);
    expect(raised.slice(-3)).toEqual(['authorise-payment', 'authorise-payment', 'authorise-payment']);
    expect([atEnd?.get(needsAttention), atEnd?.get(stuckStep)]).toEqual([false, undefined]);
  });
});
