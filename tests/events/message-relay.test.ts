import { sendDueMessages } from '../../events/message-relay';
import { PartyFault, PartyRefused, type NotificationPort } from '../../adapters/ports';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { givenOrder, givenStock } from '../support/given';

type Sent = Parameters<NotificationPort['send']>[0];

let db: TestDatabase;
let orderId: string;
let sent: Sent[];
/** What the message service answers to a template, instead of sending it. */
let failures: Record<string, Error>;

beforeAll(async () => {
  db = await createTestDatabase();
  await givenStock(db.database, { 'MUG-001': { BER: 10 } });
});
afterAll(() => db.drop());
beforeEach(async () => {
  await db.database.message.deleteMany();
  ({ orderId } = await givenOrder(db.database, { clientReference: 'web-1' }));
  sent = [];
  failures = {};
});

const notification: NotificationPort = {
  send: async (call) => {
    const failure = failures[call.template];
    if (failure !== undefined) throw failure;
    sent.push(call);
    return { reference: call.key };
  },
  lookup: () => Promise.resolve('unknown'),
};

const send = (limit = 10): Promise<number> => sendDueMessages({ database: db.database, notification }, limit);

/** Sends until nothing is due. */
async function sendAll(): Promise<void> {
  while ((await send()) > 0);
}

/** Lets the time pass until what waits is due. */
const wait = () => db.database.message.updateMany({ where: { orderId }, data: { dueAt: new Date(0) } });

/** Messages that the books owe, a second apart, in an order that is not that of their keys. */
async function givenMessages(...templates: string[]): Promise<void> {
  await db.database.message.createMany({
    data: templates.map((template, second) => ({
      key: `${orderId}/${template}/email`,
      orderId,
      template,
      channel: 'email',
      data: { second },
      createdAt: new Date(Date.UTC(2026, 0, 31, 9, 0, second)),
    })),
  });
}

const states = async () =>
  Object.fromEntries(
    (await db.database.message.findMany({ where: { orderId } })).map(({ template, ...message }) => [template, message]),
  );

test('sends what is owed, oldest first, each with what it says, for whom and to whom', async () => {
  await givenMessages('order-shipped', 'order-delivered', 'order-changed');
  await sendAll();
  expect(sent.map(({ template }) => template)).toEqual(['order-shipped', 'order-delivered', 'order-changed']);
  expect(sent[2]).toEqual({
    key: `${orderId}/order-changed/email`,
    order: { orderId, clientReference: 'web-1', customerId: 'cus_1' },
    template: 'order-changed',
    channel: 'email',
    data: { second: 2 },
    recipient: {
      name: 'Ada Lovelace',
      line1: 'Torstr. 1',
      line2: null,
      postalCode: '10119',
      city: 'Berlin',
      region: null,
      country: 'DE',
      email: 'ada@example.com',
      phone: null,
    },
  });
  for (const message of Object.values(await states())) {
    expect(message).toMatchObject({ state: 'sent', sentAt: expect.any(Date) as Date, attempts: 1, lastError: null });
  }
});

test('sends nothing twice, and nothing where nothing is owed', async () => {
  await givenMessages('order-shipped');
  expect([await send(), await send()]).toEqual([1, 0]);
  expect(sent).toHaveLength(1);
});

test('senders that race each other send each message once', async () => {
  await givenMessages('order-shipped');
  const taken = await Promise.all(Array.from({ length: 5 }, () => send()));
  expect(taken.filter((count) => count === 1)).toHaveLength(1);
  expect(sent).toHaveLength(1);
});

test('takes no more at once than it is allowed to, one of each order', async () => {
  await givenMessages('order-shipped', 'order-delivered');
  ({ orderId } = await givenOrder(db.database, { clientReference: 'web-2' }));
  await givenMessages('order-shipped');
  expect(await send(1)).toBe(1);
  expect(await send()).toBe(2);
});

/** When the message that fails is due and what time it is, by the clock of the books, in seconds. */
async function dueAndNow(): Promise<{ dueAtS: number; nowS: number }> {
  const [row] = await db.database.sql.query<{ dueAtS: number; nowS: number }>`
    SELECT extract(epoch FROM due_at)::float8 AS "dueAtS", extract(epoch FROM now())::float8 AS "nowS"
    FROM events.message WHERE order_id = ${orderId} AND template = 'order-changed'`;
  if (row === undefined) throw new Error('there is no such message');
  return row;
}

test('after a fault it and those behind it wait, twice as long each time, and then go out in their order', async () => {
  await givenMessages('order-shipped', 'order-changed', 'order-delivered');
  failures['order-changed'] = new PartyFault('notification', 'connection reset');
  await sendAll();
  expect(await states()).toMatchObject({
    'order-shipped': { state: 'sent' },
    'order-changed': { state: 'pending', attempts: 1, lastError: 'connection reset', sentAt: null },
    'order-delivered': { state: 'pending', attempts: 0, lastError: null },
  });
  for (const waitS of [2, 4, 8]) {
    await wait();
    const before = await dueAndNow();
    await send();
    const after = await dueAndNow();
    // The time of the books when it was sent lies between the two looks; they count in milliseconds.
    expect(after.dueAtS - before.nowS).toBeGreaterThan(waitS - 0.001);
    expect(after.dueAtS - after.nowS).toBeLessThan(waitS + 0.001);
  }
  failures = {};
  await wait();
  await sendAll();
  expect(sent.map(({ template }) => template)).toEqual(['order-shipped', 'order-changed', 'order-delivered']);
  expect(await states()).toMatchObject({ 'order-changed': { state: 'sent', attempts: 5, lastError: null } });
});

test('a message that keeps failing is dead after its last attempt, and keeps no other back', async () => {
  await givenMessages('order-shipped', 'order-delivered');
  failures['order-shipped'] = new PartyFault('notification', 'connection reset');
  await db.database.message.updateMany({ where: { template: 'order-shipped' }, data: { attempts: 8 } });
  await send();
  expect(await states()).toMatchObject({ 'order-shipped': { state: 'pending', attempts: 9 } });
  await wait();
  await sendAll();
  expect(await states()).toMatchObject({
    'order-shipped': { state: 'dead', attempts: 10, lastError: 'connection reset', sentAt: null },
    'order-delivered': { state: 'sent' },
  });
});

test('a refused message is dead at once and keeps no other back', async () => {
  await givenMessages('order-shipped', 'order-delivered');
  failures['order-shipped'] = new PartyRefused('notification', 'party_unavailable', 'no such address');
  await sendAll();
  expect(await states()).toMatchObject({
    'order-shipped': { state: 'dead', attempts: 1, lastError: 'no such address', sentAt: null },
    'order-delivered': { state: 'sent' },
  });
});

test('a message whose sender died is sent again under its key, when the time of that is over', async () => {
  await givenMessages('order-shipped');
  const lost = jest.spyOn(db.database.sql, 'query');
  const { send: answer } = notification;
  const dying = jest.spyOn(notification, 'send').mockImplementationOnce(async (call) => {
    lost.mockRejectedValueOnce(new Error('killed'));
    return answer(call);
  });
  await expect(send()).rejects.toThrow('killed');
  expect([await send(), sent.length]).toEqual([0, 1]);
  await wait();
  expect([await send(), new Set(sent.map(({ key }) => key)).size]).toEqual([1, 1]);
  expect(await states()).toMatchObject({ 'order-shipped': { state: 'sent', attempts: 2 } });
  dying.mockRestore();
  lost.mockRestore();
});

test('an attempt that fails late does not take back that another one has sent the message', async () => {
  await givenMessages('order-shipped');
  const { send: answer } = notification;
  const late = jest.spyOn(notification, 'send').mockImplementationOnce(async (call) => {
    await answer(call);
    await db.database.message.updateMany({ where: { orderId }, data: { state: 'sent', sentAt: new Date(0) } });
    throw new PartyFault('notification', 'connection reset');
  });
  await send();
  expect(await states()).toMatchObject({ 'order-shipped': { state: 'sent', sentAt: new Date(0), lastError: null } });
  late.mockRestore();
});
