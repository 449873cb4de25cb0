import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { scenarios } from '../../demo/scenarios';
import { verifyBooks } from '../../books/verify';
import { eventually } from '../support/eventually';
import { createTestStack, type TestStack } from '../support/stack';

let stack: TestStack;
let output: string;

/** Undone with a step under way, an order rests after one try's time: seconds here, half a minute by default. */
beforeAll(async () => {
  stack = await createTestStack({ stepTimeoutMs: 4000, partyTimeoutMs: 3000 });
  await stack.start();
  const demo = ['--import', 'tsx', 'demo/demo-command.ts'];
  ({ stdout: output } = await promisify(execFile)(process.execPath, demo, { env: stack.env }));
}, 240_000);
afterAll(async () => {
  await stack.stop();
  stack.remove();
}, 60_000);

/** What each order comes to, as its line at the end says. */
const endings: Record<string, string> = {
  'goes through': 'delivered',
  'two warehouses': 'delivered',
  'out of stock': 'rejected: there is not enough stock',
  'ships what it can': 'delivered',
  'card declined': 'rejected: the payment was declined',
  'replies get lost': 'delivered',
  'cancelled in time': 'cancelled: the customer cancelled it',
  'cancelled too late': 'delivered',
  'a late effect': 'cancelled: the customer cancelled it',
  'no carrier': 'cancelled: the customer cancelled it',
  'waits for stock': 'delivered',
  'review, approved': 'delivered',
  'review, rejected': 'rejected: screening, or staff in a review, refused the order',
  'stuck, tried again': 'rejected: the warehouse could not pack a parcel',
  'stuck, written off': 'rejected: the warehouse could not pack a parcel',
  'not handed over': 'failed: no parcel could be handed over, so everything was refunded',
  'comes back': 'returned',
};

test('each of its orders ends as it is meant to, and no act failed', () => {
  const told = scenarios.map(({ title }, index) => {
    const [, ending] = new RegExp(`^${index + 1} ${title} → (.*)$`, 'm').exec(output) ?? [];
    return [title, ending];
  });
  expect(Object.fromEntries(told)).toEqual(endings);
  expect(output).not.toContain('could not go on');
});

test('the effect that was held came after its undo, and is undone itself', async () => {
  const told = output.slice(output.indexOf('9 a late effect →'), output.indexOf('10 no carrier →'));
  expect(told).toContain('money: authorised once (21.18 EUR)');
  const [, orderId = ''] = /\/v1\/orders\/(\w+)\/cancel/.exec(told) ?? [];
  const { payments } = await eventually(
    () => stack.ledger(orderId),
    (ledger) => ledger.payments.length > 1,
    120_000,
    1000,
  );
  expect(payments.map(({ operation }) => operation)).toEqual(['authorise', 'void']);
}, 180_000);

test('it leaves a clean stack: no faults, nothing of its own products to sell, balanced books with one write-off', async () => {
  // A label that came late is cancelled by a workflow of its own, which a sweep starts within a minute.
  const { writeOffs } = await eventually(
    () => verifyBooks(stack.databaseUrl()),
    ({ violations }) => violations.length === 0,
    120_000,
    1000,
  );
  expect(writeOffs).toHaveLength(1);
  for (const sku of ['DEMO-SET', 'DEMO-LAMP']) {
    const { body } = await stack.call('GET', `/v1/inventory/${sku}`);
    expect((body as { levels: { onHand: number }[] }).levels.map(({ onHand }) => onHand)).toEqual([0, 0]);
  }
  const fault = await stack.place({ clientReference: 'after-the-demo' });
  expect((await stack.atRest(fault.id)).status).toBe('delivered');
}, 180_000);
