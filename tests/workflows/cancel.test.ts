import { WorkflowUpdateFailedError } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import { refusals, type Decision } from '../../contracts/workflow/decisions';
import type { FulfilOrderInput } from '../../contracts/workflow/order';
import { eventually } from '../support/eventually';
import { quickPolicy } from '../support/given';
import { refusal, scheduled, type Script, type ScriptInput } from '../support/scripted-activities';
import { send, startScriptedOrders, type ScriptedOrder, type ScriptedOrders } from '../support/scripted-orders';
import type { OrderHandle } from '../support/temporal';

let orders: ScriptedOrders;

beforeAll(async () => {
  orders = await startScriptedOrders();
});
afterAll(() => orders.stop());

const BY_CUSTOMER: Decision = { actor: { type: 'customer', id: 'cus_1' }, noteId: 'note_1' };
const CANCELLED = { status: 'cancelled', reason: 'cancelled_by_customer' };

/** What a cancel is answered: its outcome, or the type of its refusal. */
const cancel = async (handle: OrderHandle, decision = BY_CUSTOMER): Promise<string> => {
  try {
    return (await send<{ outcome: string }>(handle, 'cancelOrder', decision)).outcome;
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) return (error.cause as ApplicationFailure).type ?? '';
    throw error;
  }
};

const BEFORE_CAPTURE: string[] = ['validateOrder', 'reserveStock', 'authorisePayment', 'packParcel', 'bookCarrier'];

/** Runs an order that is cancelled in the middle of an activity. */
async function cancelledIn(
  activity: keyof Script,
  { script = {}, ...options }: { script?: Script } & Partial<FulfilOrderInput> = {},
  how: (handle: OrderHandle) => Promise<unknown> = cancel,
) {
  const answers: unknown[] = [];
  const started: { order?: ScriptedOrder } = {};
  const inTheMiddle = scheduled(async () => {
    const { order } = started;
    if (order === undefined) throw new Error('the party is away');
    answers.push(await how(order.handle));
    if (BEFORE_CAPTURE.includes(activity)) await order.givenUp();
    return null;
  });
  const order = await orders.start({ ...script, [activity]: inTheMiddle }, options);
  started.order = order;
  return { ...order, outcome: await order.result(), answers };
}

const GOODS = ['releaseStock'];
const PACKED = ['returnToShelf BER', ...GOODS];
const BOOKED = ['cancelBooking BER', ...PACKED];
const again = (undo: string, undos: string[]) => [undo, ...undos];

describe('accepted', () => {
  test.each<[keyof Script, string[]]>([
    ['validateOrder', []],
    ['reserveStock', again('releaseStock', GOODS)],
    ['authorisePayment', again('voidPayment', ['voidPayment', ...GOODS])],
    ['packParcel', again('returnToShelf BER', ['voidPayment', ...PACKED])],
    ['bookCarrier', again('cancelBooking BER', ['voidPayment', ...BOOKED])],
  ])('in the middle of %s: all that was called is undone, what was under way once more', async (activity, undos) => {
    const { outcome, answers, calls } = await cancelledIn(activity);
    expect(answers).toEqual(['accepted']);
    expect(outcome).toEqual(CANCELLED);
    const undone = calls.slice(calls.indexOf('stopOrder') + 1);
    expect([...undone].sort()).toEqual([...undos, ...(undos.length > 0 ? ['stopOrder'] : [])].sort());
    expect(undone.at(-1)).toBe(undos.length > 0 ? 'stopOrder' : undefined);
  });

  test.each<[string, Script, Partial<FulfilOrderInput>]>([
    ['in_review', { validateOrder: () => ({ verdict: 'review' }) }, {}],
    ['awaiting_stock', { reserveStock: () => Promise.reject(refusal('out_of_stock')) }, { backorder: true }],
    [
      'pending_retry',
      { bookCarrier: () => Promise.reject(refusal('no_carrier')) },
      { policy: quickPolicy({ carrierRetries: 3 }) },
    ],
  ])('while an order waits %s', async (status, script, options) => {
    const order = await orders.start(script, options);
    await order.until(status as 'in_review');
    expect(await cancel(order.handle)).toBe('accepted');
    expect(await order.result()).toEqual(CANCELLED);
    expect(order.calls).not.toContain('capturePayment');
  });

  test('while a leg is being undone: its goods are not undone a second time', async () => {
    const script = { bookCarrier: () => Promise.reject(refusal('no_carrier')) };
    const policy = quickPolicy({ carrierRetries: 3 });
    const { outcome, answers, calls, inputsOf } = await cancelledIn('returnToShelf', { script, policy });
    expect([answers, outcome]).toEqual([['accepted'], CANCELLED]);
    expect(calls.filter((call) => call === 'releaseStock')).toHaveLength(1);
    expect(calls.filter((call) => call === 'voidPayment')).toHaveLength(1);
    expect(inputsOf('stopOrder').map(({ reason }) => reason)).toEqual([
      ...['no_carrier', 'cancelled_by_customer', undefined],
    ]);
    expect(calls.lastIndexOf('stopOrder')).toBeGreaterThan(calls.indexOf('releaseStock'));
  });

  test('who cancelled and their note are written with the fence, and tell customer from staff', async () => {
    const byStaff: Decision = { actor: { type: 'support', id: 'sup_1' }, noteId: null };
    const customer = await cancelledIn('reserveStock');
    const staff = await cancelledIn('reserveStock', {}, (handle) => cancel(handle, byStaff));
    expect(staff.outcome.reason).toBe('cancelled_by_staff');
    expect([customer, staff].map(({ inputsOf }) => inputsOf('stopOrder')[0])).toMatchObject([
      { reason: 'cancelled_by_customer', decision: BY_CUSTOMER },
      { reason: 'cancelled_by_staff', decision: byStaff },
    ]);
  });

  test('from the Temporal UI it does the same: everything is undone and the run completes', async () => {
    const { outcome, calls, inputsOf } = await cancelledIn('packParcel', {}, (handle) => handle.cancel());
    expect(outcome).toEqual({ status: 'cancelled', reason: 'cancelled_by_staff' });
    expect(calls).toEqual(expect.arrayContaining(['returnToShelf BER', 'voidPayment', 'releaseStock']));
    expect(inputsOf('stopOrder')[0]).toMatchObject({ decision: { actor: { id: 'temporal-ui' } } });
  });
});

describe('not accepted', () => {
  const refused: Script = { packParcel: () => Promise.reject(refusal('packing_refused')) };

  test.each<[keyof Script, string, Script, string]>([
    ['stopOrder', refusals.notReady, refused, 'rejected'],
    ['voidPayment', refusals.alreadyCancelling, refused, 'rejected'],
    ['capturePayment', refusals.tooLate, {}, 'delivered'],
    ['handOver', refusals.tooLate, {}, 'delivered'],
  ])('in the middle of %s the answer is %s, which is in no history', async (activity, answer, script, status) => {
    const { outcome, answers, handle } = await cancelledIn(activity, { script });
    expect(new Set(answers)).toEqual(new Set([answer]));
    expect(outcome.status).toBe(status);
    expect(await updatesIn(handle)).toBe(0);
  });

  test('while the carriers deliver it is too late', async () => {
    const order = await orders.start({}, { staysShipped: true });
    await order.until('shipped');
    expect(await cancel(order.handle)).toBe(refusals.tooLate);
    await order.deliver();
    expect((await order.result()).status).toBe('delivered');
  });

  test('a second cancel is not accepted: the order is being undone', async () => {
    const twice = async (handle: OrderHandle) => {
      const first = await cancel(handle);
      const second = await eventually(
        () => cancel(handle),
        (answer) => answer !== refusals.notReady,
      );
      return [first, second];
    };
    const { answers, handle } = await cancelledIn('packParcel', {}, twice);
    expect(answers).toEqual([['accepted', refusals.alreadyCancelling]]);
    expect(await updatesIn(handle)).toBe(1);
  });

  test('from the Temporal UI after the pivot it changes nothing', async () => {
    const { outcome, inputsOf } = await cancelledIn('capturePayment', {}, (handle) => handle.cancel());
    expect(outcome.status).toBe('delivered');
    expect(inputsOf('stopOrder').map(({ reason }) => reason)).toEqual([undefined]);
  });
});

/** How many Updates the history holds. */
const updatesIn = async (handle: OrderHandle): Promise<number> =>
  ((await handle.fetchHistory()).events ?? []).filter((event) => event.workflowExecutionUpdateAcceptedEventAttributes)
    .length;

/**
 * Runs an order of two parcels whose second one gets `answer` in the very workflow task that hears of the cancel: both
 * come while a first try of the other parcel's booking holds the task before.
 */
async function cancelledTogetherWith(step: 'packParcel' | 'bookCarrier', answer: () => unknown) {
  const race: { order?: ScriptedOrder; answer?: Promise<string> } = {};
  const [underWay, begin] = gate();
  const [decided, decide] = gate();
  const inHamburg = scheduled(async () => {
    begin();
    await decided;
    return answer();
  });
  const inBerlin: Script = {
    packParcel: scheduled(() => underWay),
    bookCarrier: async () => {
      if (race.order === undefined) throw new Error('the order is not known yet');
      const { handle } = race.order;
      race.answer = cancel(handle);
      decide();
      await eventually(
        async () => (await handle.describe()).raw.pendingActivities ?? [],
        (pending) => pending.length === 0,
      );
      return BOOKING;
    },
  };
  const at = (name: 'packParcel' | 'bookCarrier') => (input: ScriptInput) =>
    input.parcel === 'HAM' ? (name === step ? inHamburg(input) : BOOKING) : inBerlin[name]?.(input);
  const script = { packParcel: at('packParcel'), bookCarrier: at('bookCarrier') };
  race.order = await orders.start(script, { warehouses: ['BER', 'HAM'] });
  return { outcome: await race.order.result(), answer: await race.answer, calls: race.order.calls };
}

describe('whichever wins, the answer is true:', () => {
  test('a cancel that comes together with a refusal', async () => {
    const { answer, outcome } = await cancelledTogetherWith('packParcel', () =>
      Promise.reject(refusal('packing_refused')),
    );
    const rejected = { status: 'rejected', reason: 'packing_refused' };
    expect(outcome).toEqual(answer === 'accepted' ? CANCELLED : rejected);
    expect(answer).not.toBe(refusals.tooLate);
  });

  test('a cancel that comes together with the last answer before capture', async () => {
    const { answer, outcome, calls } = await cancelledTogetherWith('bookCarrier', () => BOOKING);
    const delivered = { status: 'delivered', reason: null };
    expect(outcome).toEqual(answer === 'accepted' ? CANCELLED : delivered);
    expect(calls.includes('capturePayment')).toBe(answer !== 'accepted');
  });
});

const BOOKING = { carrier: 'nordpost', trackingNumber: 'N1' };

function gate(): [Promise<void>, () => void] {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return [opened, open];
}
