import { refusals } from '../../contracts/workflow/decisions';
import { BOOKS_MOVED } from '../../contracts/workflow/order';
import { policy as policies } from '../../contracts/policy';
import { Deferred } from '../support/deferred';
import { eventually } from '../support/eventually';
import { refusal, scheduled, type Script } from '../support/scripted-activities';
import {
  attributesOf,
  detailsOf,
  BY_SUPPORT,
  refusalOf,
  send,
  startScriptedOrders,
  type ScriptedOrder,
  type ScriptedOrders,
} from '../support/scripted-orders';

let orders: ScriptedOrders;

beforeAll(async () => {
  orders = await startScriptedOrders();
});
afterAll(() => orders.stop());

const HOUR_MS = 3_600_000;
const policy = policies.parse({});
const hoursOf = async ({ handle }: ScriptedOrder) => {
  const { startTime, closeTime } = await handle.describe();
  return Math.floor(((closeTime?.getTime() ?? 0) - startTime.getTime()) / HOUR_MS);
};

describe('an order that screening holds', () => {
  const held: Script = { validateOrder: ({ reviewMs }) => ({ verdict: 'review', heldForMs: reviewMs }) };
  const decide = ({ handle }: ScriptedOrder, decision: 'approve' | 'reject') =>
    send(handle, 'decideReview', { ...BY_SUPPORT, decision });
  const inReview = async () => {
    const order = await orders.start(held, { policy });
    await order.until('in_review');
    return order;
  };

  test('goes on when staff approve, which is written with who and why', async () => {
    const order = await inReview();
    expect(order.calls).toEqual(['validateOrder']);
    await decide(order, 'approve');
    expect((await order.result()).status).toBe('delivered');
    expect(order.inputsOf('approveReview')).toMatchObject([{ review: { ...BY_SUPPORT, decision: 'approve' } }]);
    expect(order.calls.slice(0, 3)).toEqual(['validateOrder', 'approveReview', 'reserveStock']);
  });

  test('is found by its review no more, once it goes on', async () => {
    const untilFound = new Deferred();
    const order = await orders.start({ ...held, reserveStock: scheduled(() => untilFound.promise) }, { policy });
    await order.until('in_review');
    await decide(order, 'approve');
    await order.until('validated');
    untilFound.resolve();
    expect((await order.result()).status).toBe('delivered');
  });

  test('is rejected when staff reject, which is written with who and why', async () => {
    const order = await inReview();
    await decide(order, 'reject');
    expect(await order.result()).toEqual({ status: 'rejected', reason: 'screening_refused' });
    expect(order.inputsOf('stopOrder')).toMatchObject([{ reason: 'screening_refused', decision: BY_SUPPORT }]);
    expect(order.calls).toEqual(['validateOrder', 'stopOrder']);
    expect(await detailsOf(order.handle)).toContain('screening, or staff in a review, refused the order');
  });

  test('expires when nobody decides in time', async () => {
    const order = await inReview();
    expect(await order.result()).toEqual({ status: 'expired', reason: 'review_expired' });
    expect(await hoursOf(order)).toBe(48);
    expect(await attributesOf(order.handle)).toMatchObject({ status: 'expired', reason: 'review_expired' });
  });

  test('takes one decision, and only while it is held', async () => {
    const awaiting = await orders.start({ reserveStock: outOfStock }, { backorder: true, policy });
    await awaiting.until('awaiting_stock');
    expect(await refusalOf(decide(awaiting, 'approve'))).toMatchObject({
      ...{ type: refusals.notDue, message: 'cannot approve: the order is not in review' },
    });
    await awaiting.handle.cancel();
    await awaiting.result();
  });
});

const outOfStock = () => Promise.reject(refusal('out_of_stock'));

describe('an order that waits for stock', () => {
  const waiting = { backorder: true, policy } as const;
  /** Out of stock for the first `times` tries. */
  const comesAfter = (times: number): Script => {
    let tries = 0;
    return {
      reserveStock: () => {
        tries += 1;
        return tries <= times ? outOfStock() : undefined;
      },
    };
  };
  const arrive = ({ handle }: ScriptedOrder) => handle.signal(BOOKS_MOVED);

  test('reserves when stock arrives, and goes on waiting where that is too little', async () => {
    const order = await orders.start(comesAfter(2), waiting);
    for (const waits of [1, 2]) {
      await eventually(
        () => order.inputsOf('awaitStock'),
        (asked) => asked.length === waits,
      );
      await order.until('awaiting_stock');
      await arrive(order);
    }
    expect((await order.result()).status).toBe('delivered');
    expect(order.inputsOf('reserveStock').map(({ shortfall }) => shortfall)).toEqual(['refuse', 'refuse', 'refuse']);
  });

  test('is found by its wait no more, once it goes on', async () => {
    const untilFound = new Deferred();
    const order = await orders.start(
      { ...comesAfter(1), authorisePayment: scheduled(() => untilFound.promise) },
      waiting,
    );
    await order.until('awaiting_stock');
    await arrive(order);
    await order.until('reserved');
    untilFound.resolve();
    expect((await order.result()).status).toBe('delivered');
  });

  test('expires at its deadline, which our books tell', async () => {
    const awaitStock = () => ({ remainingMs: 5 * HOUR_MS });
    const order = await orders.run({ reserveStock: outOfStock, awaitStock }, waiting);
    expect(order.outcome).toEqual({ status: 'expired', reason: 'backorder_expired' });
    expect(await hoursOf(order)).toBe(5);
  });

  test('expires at once where its deadline has passed', async () => {
    const awaitStock = () => ({ remainingMs: 0 });
    const order = await orders.run({ reserveStock: outOfStock, awaitStock }, waiting);
    expect(order.outcome).toEqual({ status: 'expired', reason: 'backorder_expired' });
    expect(await hoursOf(order)).toBe(0);
  });

  test('does not sleep through stock that arrives while it is reserving', async () => {
    const started: { order?: ScriptedOrder } = {};
    const first = comesAfter(1).reserveStock;
    const reserveStock: Script['reserveStock'] = async (input) => {
      if (started.order === undefined) throw new Error('the order is not known yet');
      await arrive(started.order);
      return first?.(input);
    };
    const order = await orders.start({ reserveStock }, waiting);
    started.order = order;
    expect((await order.result()).status).toBe('delivered');
    expect(await hoursOf(order)).toBe(0);
  });

  test.each<[string, NonNullable<Script['reserveStock']>, object]>([
    [
      'ships what there is',
      ({ shortfall }) => (shortfall === 'drop' ? undefined : outOfStock()),
      { status: 'delivered', reason: null },
    ],
    ['expires where there is nothing', outOfStock, { status: 'expired', reason: 'backorder_expired' }],
  ])('and ships what is available, at its deadline %s', async (_, reserveStock, outcome) => {
    const order = await orders.run({ reserveStock }, { ...waiting, shipAvailable: true });
    expect(order.outcome).toEqual(outcome);
    expect(order.inputsOf('reserveStock').map(({ shortfall }) => shortfall)).toEqual(['refuse', 'drop']);
  });

  test('does not wait where it may not', async () => {
    const { outcome, calls } = await orders.run({ reserveStock: outOfStock });
    expect(outcome).toEqual({ status: 'rejected', reason: 'out_of_stock' });
    expect(calls).not.toContain('awaitStock');
  });
});
