import { BOOKS_MOVED } from '../../contracts/workflow/order';
import { searchAttributes } from '../../contracts/workflow/search-attributes';
import { Deferred } from '../support/deferred';
import { eventually } from '../support/eventually';
import { quickPolicy } from '../support/given';
import { fencedOff, outlived, refusal, type Script } from '../support/scripted-activities';
import { applied, type GivenBooks } from '../support/scripted-books';
import { startScriptedOrders, type ScriptedOrder, type ScriptedOrders } from '../support/scripted-orders';

let orders: ScriptedOrders;

beforeAll(async () => {
  orders = await startScriptedOrders();
});
afterAll(() => orders.stop());

const FORWARD = ['validateOrder', 'reserveStock', 'authorisePayment', 'packParcel BER', 'bookCarrier BER'];
const BOTH = ['BER', 'HAM'];
const rejects = (reason: Parameters<typeof refusal>[0]) => () => Promise.reject(refusal(reason));

/** Books of an order of one parcel that is packed and booked. */
const PACKED: GivenBooks = {
  steps: [
    applied({ kind: 'reserve-stock', leg: 1 }),
    applied({ kind: 'authorise-payment', grant: 1 }),
    applied({ kind: 'pack', leg: 1, parcel: 'BER' }),
    applied({ kind: 'book', leg: 1, parcel: 'BER' }),
  ],
};

const minutesOf = async ({ handle }: ScriptedOrder): Promise<number> => {
  const { startTime, closeTime } = await handle.describe();
  return ((closeTime?.getTime() ?? 0) - startTime.getTime()) / 60_000;
};

describe('forward', () => {
  test('an order goes from acceptance to delivery, capturing once every parcel has a carrier', async () => {
    const { outcome, calls } = await orders.run({});
    expect(outcome).toEqual({ status: 'delivered', reason: null });
    expect(calls).toEqual([...FORWARD, 'capturePayment', 'handOver', 'stopOrder']);
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
    const { outcome, calls } = await orders.run({ packParcel }, { warehouses: BOTH });
    expect(outcome.status).toBe('delivered');
    expect(calls.indexOf('capturePayment')).toBeGreaterThan(calls.indexOf('bookCarrier BER'));
    expect(calls.indexOf('capturePayment')).toBeGreaterThan(calls.indexOf('bookCarrier HAM'));
    expect(calls.filter((call) => call === 'capturePayment')).toHaveLength(1);
  });

  test('a shipped order waits until the books say that it is delivered, whatever news they have before', async () => {
    const order = await orders.start({}, { staysShipped: true });
    await order.until('shipped');
    for (const news of [1, 2]) {
      await order.handle.signal(BOOKS_MOVED);
      await eventually(
        () => order.inputsOf('stopOrder'),
        (asked) => asked.length === news,
      );
    }
    await order.deliver();
    expect(await order.result()).toEqual({ status: 'delivered', reason: null });
    expect(order.inputsOf('stopOrder').map(({ reason }) => reason)).toEqual([undefined, undefined, undefined]);
    expect(order.inputsOf('handOver')).toHaveLength(1);
  });

  test('our own failures are retried without limit and unwind nothing', async () => {
    let failures = 0;
    const authorisePayment = () => {
      failures += 1;
      return failures < 40 ? Promise.reject(new Error('the database is away')) : null;
    };
    const { outcome, calls } = await orders.run({ authorisePayment });
    expect(outcome.status).toBe('delivered');
    expect(calls.filter((call) => call === 'authorisePayment')).toHaveLength(40);
  });
});

describe('compensation', () => {
  /** The books are asked once more when all is undone, to close the order; at once if there is nothing to undo. */
  const unwound = (undos: string[]) => ['stopOrder', ...undos, ...(undos.length > 0 ? ['stopOrder'] : [])];

  test.each<[string, Script, string, string[]]>([
    ['validation', { validateOrder: rejects('screening_refused') }, 'screening_refused', []],
    ['reservation', { reserveStock: rejects('out_of_stock') }, 'out_of_stock', ['releaseStock']],
    [
      'authorisation',
      { authorisePayment: rejects('payment_declined') },
      'payment_declined',
      ['releaseStock', 'voidPayment'],
    ],
    [
      'packing',
      { packParcel: rejects('packing_refused') },
      'packing_refused',
      ['returnToShelf BER', 'voidPayment', 'releaseStock'],
    ],
    [
      'booking',
      { bookCarrier: rejects('no_carrier') },
      'no_carrier',
      ['cancelBooking BER', 'voidPayment', 'returnToShelf BER', 'releaseStock'],
    ],
    [
      'capture',
      { capturePayment: rejects('payment_declined') },
      'payment_declined',
      ['cancelBooking BER', 'voidPayment', 'returnToShelf BER', 'releaseStock'],
    ],
  ])('a refused %s undoes every step that was called, and rejects the order', async (_, script, reason, undos) => {
    const { outcome, calls, inputsOf } = await orders.run(script);
    expect(outcome).toEqual({ status: 'rejected', reason });
    const undone = calls.slice(calls.indexOf('stopOrder'));
    expect([...undone].sort()).toEqual(unwound(undos).sort());
    expect([undone[0], undone.at(-1)]).toEqual(['stopOrder', 'stopOrder']);
    expect(inputsOf('stopOrder')[0]?.reason).toBe(reason);
  });

  test('an order that meets its fence asks the books, and is undone of all that they know and it may have called', async () => {
    const { outcome, calls, inputsOf } = await orders.run(
      { authorisePayment: () => Promise.reject(fencedOff()) },
      { books: { status: 'compensating', reason: 'no_carrier', fenced: true, ...PACKED } },
    );
    expect(outcome).toEqual({ status: 'rejected', reason: 'no_carrier' });
    expect(inputsOf('stopOrder')[0]?.reason).toBeUndefined();
    for (const undo of ['cancelBooking BER', 'returnToShelf BER', 'voidPayment', 'releaseStock']) {
      expect(calls).toContain(undo);
    }
    expect(calls.at(-1)).toBe('stopOrder');
  });

  test('a fault that outlives the patience undoes the order as failed', async () => {
    const { outcome } = await orders.run({ bookCarrier: () => Promise.reject(outlived()) });
    expect(outcome).toEqual({ status: 'failed', reason: 'party_unavailable' });
  });

  test('a parcel is undone newest step first, and the reservation after all parcels', async () => {
    const { calls } = await orders.run({ capturePayment: rejects('payment_declined') }, { warehouses: BOTH });
    const at = (call: string) => calls.indexOf(call);
    for (const parcel of BOTH) {
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
    const { outcome, calls } = await orders.run({ returnToShelf, bookCarrier: rejects('no_carrier') });
    expect(outcome.status).toBe('rejected');
    expect(calls.indexOf('voidPayment')).toBeLessThan(calls.lastIndexOf('returnToShelf BER'));
    expect(calls.filter((call) => call === 'returnToShelf BER')).toHaveLength(10);
  });

  test('a step under way when another fails is undone at once, and once more after its deadline', async () => {
    const underWay = new Deferred();
    const order = await orders.run(
      {
        packParcel: ({ parcel }) => (parcel === 'HAM' ? underWay.promise : null),
        bookCarrier: rejects('no_carrier'),
        returnToShelf: ({ parcel }) => (parcel === 'HAM' ? underWay.resolve() : undefined),
      },
      { warehouses: BOTH },
    );
    expect(order.outcome).toEqual({ status: 'rejected', reason: 'no_carrier' });
    expect(order.calls.filter((call) => call === 'returnToShelf HAM')).toHaveLength(2);
    expect(order.calls.filter((call) => call === 'returnToShelf BER')).toHaveLength(1);
    expect(order.calls.at(-1)).toBe('stopOrder');
    expect(await minutesOf(order)).toBeGreaterThanOrEqual(quickPolicy().stepTimeoutMs / 60_000);
  });
});

describe('attention', () => {
  const { needsAttention, stuckStep } = searchAttributes;

  test('a step that keeps failing for longer than the policy allows raises NeedsAttention, and its end lowers it', async () => {
    const raised: unknown[] = [];
    const started: { order?: ScriptedOrder } = {};
    let failures = 0;
    const authorisePayment = async () => {
      const found = (await started.order?.handle.describe())?.typedSearchAttributes;
      raised.push(found?.get(needsAttention) === true ? found.get(stuckStep) : 'not raised');
      failures += 1;
      if (failures < 8) throw new Error('the database is away');
    };
    const policy = quickPolicy({ attentionAfterMs: 3000, retryInitialIntervalMs: 1000, retryMaxIntervalMs: 1000 });
    const order = await orders.start({ authorisePayment }, { policy });
    started.order = order;
    await order.result();
    const atEnd = (await order.handle.describe()).typedSearchAttributes;
    expect(raised.slice(0, 3)).toEqual(['not raised', 'not raised', 'not raised']);
    expect(raised.slice(-3)).toEqual(['authorise-payment', 'authorise-payment', 'authorise-payment']);
    expect([atEnd.get(needsAttention), atEnd.get(stuckStep)]).toEqual([false, undefined]);
  });
});
