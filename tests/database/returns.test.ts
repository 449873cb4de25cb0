import { nextReturnStatuses, returnStatuses, type ReturnStatus } from '../../domain/return-status';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { givenOrder, givenStock } from '../support/given';

let db: TestDatabase;
let orderId: string;

beforeAll(async () => {
  db = await createTestDatabase();
  await givenStock(db.database, { 'MUG-001': { BER: 10 } });
});
afterAll(() => db.drop());
beforeEach(async () => {
  ({ orderId } = await givenOrder(db.database));
  await db.database.payment.update({ where: { orderId }, data: { authorised: 1000, captured: 1000 } });
  await db.database.shipment.create({
    data: {
      id: orderId.replace('ord_', 'shp_'),
      orderId,
      leg: 1,
      warehouse: 'BER',
      status: 'delivered',
      lines: { create: { sku: 'MUG-001', quantity: 2 } },
    },
  });
});

let returns = 0;

const givenReturn = (quantity: number, sku = 'MUG-001') => {
  returns += 1;
  const requestedBy = { requestedByType: 'customer', requestedById: 'cus_1' };
  const id = `ret_${returns}`;
  return db.database.orderReturn.create({
    data: { id, orderId, ...requestedBy, lines: { create: { sku, quantity } } },
  });
};

const move = async (id: string, ...statuses: ReturnStatus[]) => {
  for (const status of statuses) await db.database.orderReturn.update({ where: { id }, data: { status } });
};

const refund = (amount: number, over: object = {}) => {
  returns += 1;
  const decidedBy = { decidedByType: 'support', decidedById: 'sup_1' };
  const subject = `not-shipped/${returns}`;
  const key = `${orderId}/refund/${subject}`;
  return db.database.refund.create({
    data: { key, subject, orderId, amount, currency: 'EUR', cause: 'not_shipped', ...decidedBy, ...over },
  });
};

test('the database allows exactly the moves of the domain table', async () => {
  const stored = await db.database.returnStatusTransition.findMany();
  const inDatabase = stored.map(({ fromStatus, toStatus }) => `${fromStatus} → ${toStatus}`).sort();
  const inDomain = returnStatuses.flatMap((from) => nextReturnStatuses(from).map((to) => `${from} → ${to}`)).sort();
  expect(inDatabase).toEqual(inDomain);
});

test('a return moves only as its table says', async () => {
  const { id } = await givenReturn(1);
  await expect(move(id, 'received')).rejects.toThrow('may not move from requested to received');
  await move(id, 'rejected');
  await expect(move(id, 'authorised')).rejects.toThrow('may not move from rejected to authorised');
});

test.each([
  ['one return', [3]],
  ['several open returns', [1, 2]],
])('no more is returned than was delivered, by %s', async (_, quantities) => {
  const last = quantities.pop() ?? 0;
  for (const quantity of quantities) await givenReturn(quantity);
  await expect(givenReturn(last)).rejects.toThrow('more of MUG-001 than order');
});

test('what was not delivered cannot be returned', async () => {
  await expect(givenReturn(1, 'CAP-001')).rejects.toThrow('more of CAP-001 than order');
  await db.database.shipment.updateMany({ where: { orderId }, data: { status: 'in_transit' } });
  await expect(givenReturn(1)).rejects.toThrow('more of MUG-001 than order');
});

test('returns that race never take more than was delivered', async () => {
  const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => givenReturn(1)));
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
  const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [String(outcome.reason)] : []));
  for (const reason of refused) expect(reason).toContain('more of MUG-001');
});

test.each([
  ['a rejected return', ['rejected']],
  ['an expired return', ['authorised', 'expired']],
] as const)('%s leaves its units to be returned', async (_, statuses) => {
  const { id } = await givenReturn(2);
  await move(id, ...statuses);
  await expect(givenReturn(2)).resolves.toBeDefined();
});

test('of an inspected return the units count that came back', async () => {
  const { id } = await givenReturn(2);
  await move(id, 'authorised', 'received');
  await db.database.returnLine.updateMany({ where: { returnId: id }, data: { writtenOff: 1 } });
  await move(id, 'inspected');
  await expect(givenReturn(2)).rejects.toThrow('more of MUG-001');
  await expect(givenReturn(1)).resolves.toBeDefined();
});

test('no more comes back than was to be returned, and restocked units have a shelf', async () => {
  const { id } = await givenReturn(1);
  const update = (data: object) => db.database.returnLine.updateMany({ where: { returnId: id }, data });
  await expect(update({ writtenOff: 2 })).rejects.toThrow('return_line_back_within_quantity');
  await expect(update({ restocked: 1 })).rejects.toThrow('return_line_restocked_somewhere');
});

test('refunds together are never more than was captured, also where they race', async () => {
  await expect(refund(1001)).rejects.toThrow('more than was captured');
  const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => refund(400)));
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
});

test('a refund is of its payment in its currency', async () => {
  await expect(refund(1, { currency: 'USD' })).rejects.toThrow('more than was captured');
});

test('a decided refund is only marked as done, and once', async () => {
  const { key } = await refund(1);
  const update = (data: object) => db.database.refund.update({ where: { key }, data });
  await expect(update({ amount: 2 })).rejects.toThrow('may only be marked as done');
  await update({ refundedAt: new Date(), providerReference: 'ref' });
  await expect(update({ refundedAt: null })).rejects.toThrow('may only be marked as done');
  await expect(db.database.refund.delete({ where: { key } })).rejects.toThrow('append-only');
});
