import { createNotificationActivities } from '../../activities/order/send-messages';
import { PartyFault, PartyRefused, type NotificationPort } from '../../adapters/ports';
import { runActivity } from '../support/activity';
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

const send = (attempt = 1) => {
  const { sendMessages } = createNotificationActivities({ database: db.database, notification });
  const limits = { partyTimeoutMs: 1000, patienceMs: 1000 };
  return runActivity(sendMessages, [{ orderId, limits }], { attempt });
};

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
  await send();
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
    expect(message).toMatchObject({ state: 'sent', sentAt: expect.any(Date) as Date, attempts: 0, lastError: null });
  }
});

test('sends nothing twice, and nothing where nothing is owed', async () => {
  await givenMessages('order-shipped');
  await send();
  await send();
  expect(sent).toHaveLength(1);
});

test('after a fault the messages before it are sent, and it and the rest wait for the next try', async () => {
  await givenMessages('order-shipped', 'order-changed', 'order-delivered');
  failures['order-changed'] = new PartyFault('notification', 'connection reset');
  await expect(send(3)).rejects.toMatchObject({ type: 'PartyFault', message: 'connection reset' });
  expect(await states()).toMatchObject({
    'order-shipped': { state: 'sent' },
    'order-changed': { state: 'pending', attempts: 3, lastError: 'connection reset', sentAt: null },
    'order-delivered': { state: 'pending', attempts: 0, lastError: null },
  });
  failures = {};
  await send(4);
  expect(sent.map(({ template }) => template)).toEqual(['order-shipped', 'order-changed', 'order-delivered']);
  expect(await states()).toMatchObject({ 'order-changed': { state: 'sent', attempts: 3 } });
});

test('a refused message is dead and keeps no other back', async () => {
  await givenMessages('order-shipped', 'order-delivered');
  failures['order-shipped'] = new PartyRefused('notification', 'party_unavailable', 'no such address');
  await send();
  expect(await states()).toMatchObject({
    'order-shipped': { state: 'dead', attempts: 1, lastError: 'no such address', sentAt: null },
    'order-delivered': { state: 'sent' },
  });
});

test('a try that fails late does not take back that another one has sent the message', async () => {
  await givenMessages('order-shipped');
  const { send: answer } = notification;
  const late = jest.spyOn(notification, 'send').mockImplementationOnce(async (call) => {
    await answer(call);
    await db.database.message.updateMany({ where: { orderId }, data: { state: 'sent', sentAt: new Date(0) } });
    throw new PartyFault('notification', 'connection reset');
  });
  await expect(send()).rejects.toMatchObject({ type: 'PartyFault' });
  expect(await states()).toMatchObject({ 'order-shipped': { state: 'sent', sentAt: new Date(0), lastError: null } });
  late.mockRestore();
});
