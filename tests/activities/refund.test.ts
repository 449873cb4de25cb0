import { createRefundActivities, decideRefund } from '../../activities/payment/refund';
import { createAttentionActivities } from '../../activities/order/attention';
import { StepLedger } from '../../activities/ledger/step-ledger';
import { createSandboxControl, createSandboxParties } from '../../adapters/sandbox';
import type { Parties } from '../../adapters/ports';
import type { SandboxFault } from '../../contracts/http/sandbox';
import { workflowIdOf } from '../../contracts/workflow/ids';
import { refundOfReturn, stepName, type StepId } from '../../domain/step-kinds';
import { runActivity } from '../support/activity';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { givenOrder, givenStock } from '../support/given';

let db: TestDatabase;
let parties: Parties;
let orderId: string;

const limits = { partyTimeoutMs: 1000, patienceMs: 0 };
const actor = { type: 'support', id: 'sup_1' } as const;
const eur = (amount: number) => ({ amount, currency: 'EUR' });

beforeAll(async () => {
  db = await createTestDatabase();
  parties = createSandboxParties(db.database);
  await givenStock(db.database, { 'MUG-001': { BER: 10 } });
});
afterAll(() => db.drop());

/** An order of which 30.00 EUR were captured. */
beforeEach(async () => {
  await createSandboxControl(db.database).replaceFaults([]);
  ({ orderId } = await givenOrder(db.database));
  const order = { orderId, clientReference: 'test', customerId: 'cus_1' };
  const authorisationKey = `${orderId}/authorise-payment`;
  await parties.payment.authorise({ key: authorisationKey, order, amount: eur(3000), token: 'tok_visa' });
  await parties.payment.capture({ key: `${orderId}/capture`, order, authorisationKey, amount: eur(3000) });
  await db.database.payment.update({ where: { orderId }, data: { authorised: 3000, captured: 3000 } });
});

const script = (kind: SandboxFault['kind'], times?: number) =>
  createSandboxControl(db.database).replaceFaults([
    { port: 'payment', operation: 'refund', match: {}, kind, ...(times !== undefined && { times }) },
  ]);

const NOT_SHIPPED: StepId<'refund'> = { kind: 'refund', subject: 'not-shipped/rest' };

const refund = (amount: number, step = NOT_SHIPPED, elapsedMs = 0) => {
  const { refundPayment } = createRefundActivities({ ledger: new StepLedger(db.database), payment: parties.payment });
  const input = { orderId, step, amount: eur(amount), cause: 'not_shipped', decidedBy: actor, limits } as const;
  return runActivity(refundPayment, [input], { elapsedMs });
};

async function books() {
  const [payment, refunds, effects, timeline, events] = await Promise.all([
    db.database.payment.findUniqueOrThrow({ where: { orderId } }),
    db.database.refund.findMany({ where: { orderId }, orderBy: { decidedAt: 'asc' } }),
    createSandboxControl(db.database).ledger(orderId),
    db.database.timelineEntry.findMany({ where: { orderId, step: { startsWith: 'refund/' } } }),
    db.database.outboxEvent.findMany({ where: { key: orderId, topic: 'payments.refunded' } }),
  ]);
  const atProvider = effects.payments.flatMap(({ operation, amount }) => (operation === 'refund' ? [amount] : []));
  return { refunded: Number(payment.refunded), refunds, atProvider, timeline, events };
}

const effect = async () => {
  const { refunded, refunds, atProvider } = await books();
  return { refunded, done: refunds.map(({ refundedAt }) => refundedAt !== null), atProvider };
};

test('a refund is in the books as decided and done, with its sum, its timeline entry and its event', async () => {
  await refund(1000);
  expect(await books()).toMatchObject({
    refunded: 1000,
    refunds: [
      {
        key: `${orderId}/refund/not-shipped/rest`,
        amount: 1000n,
        cause: 'not_shipped',
        decidedById: 'sup_1',
        returnId: null,
      },
    ],
    atProvider: [1000],
    timeline: [{ step: 'refund/not-shipped/rest', actorType: 'support', actorId: 'sup_1', note: '10.00 EUR refunded' }],
    events: [{ data: { amount: eur(1000), cause: 'not_shipped' } }],
  });
  const [done] = (await books()).refunds;
  expect(done?.refundedAt).not.toBeNull();
  expect(done?.providerReference).toMatch(/^ref_/);
});

test('a refund happens once, however often and however many at once it is asked for', async () => {
  await Promise.all(Array.from({ length: 8 }, () => refund(3000)));
  await refund(3000);
  const { events, timeline, ...rest } = await books();
  expect([rest.refunded, rest.atProvider, events.length, timeline.length]).toEqual([3000, [3000], 1, 1]);
});

test('several refunds of an order add up', async () => {
  await refund(1000, refundOfReturn('ret_1'));
  await refund(2000, refundOfReturn('ret_2'));
  expect(await effect()).toEqual({ refunded: 3000, done: [true, true], atProvider: [1000, 2000] });
});

test('money goes back also where the order is undone', async () => {
  await db.database.order.update({ where: { id: orderId }, data: { fenced: true } });
  await refund(3000);
  expect(await effect()).toEqual({ refunded: 3000, done: [true], atProvider: [3000] });
});

test('more than is left of what was captured is never asked of the provider', async () => {
  await refund(2500);
  await expect(refund(501, refundOfReturn('ret_2'))).rejects.toThrow('more than was captured');
  expect(await effect()).toEqual({ refunded: 2500, done: [true], atProvider: [2500] });
});

describe('a refund that a person wrote off', () => {
  const stuck = { id: NOT_SHIPPED, why: 'declined', actions: ['retry', 'skip'] as const, occurrence: 1 };
  const attempt = () => ({ workflowId: workflowIdOf(orderId) });
  const writeOff = async () => {
    const { raiseAttention, lowerAttention } = createAttentionActivities({ database: db.database });
    await runActivity(raiseAttention, [{ orderId, ...stuck }], attempt());
    const resolution = { actor, noteId: null, step: stepName(NOT_SHIPPED), action: 'skip' } as const;
    const freed = { orderId, id: NOT_SHIPPED, occurrence: 1, resolution };
    for (let time = 0; time < 2; time += 1) await runActivity(lowerAttention, [freed], attempt());
  };

  test('is not asked for any more', async () => {
    await script('refuse', 1);
    await expect(refund(1000)).rejects.toMatchObject({ type: 'Refused' });
    await writeOff();
    await refund(1000);
    expect(await effect()).toEqual({ refunded: 0, done: [false], atProvider: [] });
  });

  test('is written off once, however often that is tried', async () => {
    await writeOff();
    const { timeline } = await books();
    expect(timeline).toMatchObject([
      { note: 'stuck: declined' },
      { actorType: 'support', actorId: 'sup_1', note: 'skipped: written off' },
    ]);
  });

  test('stays done if it was done after all', async () => {
    await refund(1000);
    await writeOff();
    const step = { orderId_step: { orderId, step: stepName(NOT_SHIPPED) } };
    expect((await db.database.sagaStep.findUniqueOrThrow({ where: step })).state).toBe('applied');
    expect(await effect()).toEqual({ refunded: 1000, done: [true], atProvider: [1000] });
  });
});

test('another amount for the same refund is refused as our own bug', async () => {
  await refund(1000);
  await expect(refund(999)).rejects.toMatchObject({ type: 'StepConflict', nonRetryable: true });
  const other: StepId<'refund'> = { kind: 'refund', subject: 'other' };
  await decideRefund(db.database.sql, { orderId, step: other, amount: eur(1), cause: 'not_shipped' });
  await expect(refund(2, other)).rejects.toMatchObject({ type: 'StepConflict', nonRetryable: true });
});

test('a refusal is final; the refund stays decided, and can be asked for again', async () => {
  await script('refuse', 1);
  await expect(refund(1000)).rejects.toMatchObject({ type: 'Refused', nonRetryable: true });
  expect(await effect()).toEqual({ refunded: 0, done: [false], atProvider: [] });
  await refund(1000);
  expect(await effect()).toEqual({ refunded: 1000, done: [true], atProvider: [1000] });
});

test.each(['unavailable', 'effect_then_timeout'] as const)(
  'a fault (%s) is tried again however long it has lasted',
  async (kind) => {
    await script(kind, 1);
    await expect(refund(1000, NOT_SHIPPED, 1_000_000)).rejects.toMatchObject({
      type: 'PartyFault',
      nonRetryable: false,
    });
    await refund(1000);
    expect(await effect()).toEqual({ refunded: 1000, done: [true], atProvider: [1000] });
  },
);

test('a refusal after a lost reply proves nothing: the provider says that it refunded', async () => {
  await script('effect_then_timeout', 1);
  await expect(refund(1000)).rejects.toMatchObject({ type: 'PartyFault' });
  await script('refuse', 1);
  await refund(1000);
  expect(await effect()).toEqual({ refunded: 1000, done: [true], atProvider: [1000] });
});
