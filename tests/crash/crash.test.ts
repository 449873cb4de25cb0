import { execFileSync } from 'node:child_process';
import type { OrderResource } from '../../contracts/http/order';
import { verifyBooks } from '../../books/verify';
import { signal } from '../../infra/stack/process-identity';
import { eventually } from '../support/eventually';
import { kill } from '../support/kill';
import { createTestStack, type TestStack } from '../support/stack';

const ORDERS = 50;

let stack: TestStack;

beforeAll(async () => {
  stack = await createTestStack({ retryMaxIntervalMs: 2000, stepTimeoutMs: 5000, partyTimeoutMs: 3000 });
  await stack.start();
}, 180_000);
afterAll(async () => {
  await stack.stop();
  stack.remove();
}, 60_000);

/** Places orders and resolves with their ids as soon as the first is on its way; none can be delivered so soon. */
async function placeOrders(prefix: string): Promise<string[]> {
  const placed = await Promise.all(
    Array.from({ length: ORDERS }, (_, index) => stack.place({ clientReference: `${prefix}-${index}` })),
  );
  await eventually(
    async () => ((await stack.call('GET', `/v1/orders/${placed[0]?.id}`)).body as OrderResource).status,
    (status) => status !== 'created',
    30_000,
  );
  return placed.map(({ id }) => id);
}

async function expectEachDeliveredOnce(ids: string[]): Promise<void> {
  const orders: OrderResource[] = [];
  for (const id of ids) orders.push(await stack.atRest(id));
  expect(orders.map(({ status }) => status)).toEqual(ids.map(() => 'delivered'));
  for (const id of ids) {
    const { payments, packs, labels } = await stack.ledger(id);
    const effects = [payments, packs, labels].flat().map(({ operation }) => operation);
    expect(effects).toEqual(['authorise', 'capture', 'pack', 'book', 'hand_over']);
  }
  expect((await verifyBooks(stack.databaseUrl())).violations).toEqual([]);
}

/** A process and its children, by their numbers. */
const withChildren = (pid: number): number[] => [
  pid,
  ...execFileSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map(Number),
];

test('a worker killed in the middle of 50 orders is started again, and all arrive with each effect once', async () => {
  const ids = await placeOrders('worker');
  const { worker } = stack.pids().parts;
  kill(worker as number);
  await expectEachDeliveredOnce(ids);
  expect(stack.output()).toMatch(/worker.*SIGKILL/);
}, 240_000);

test('a worker killed while 50 orders are being undone leaves none half undone', async () => {
  const placed = await Promise.all(
    Array.from({ length: ORDERS }, () => stack.place({ clientReference: 'declined', token: 'tok_declined' })),
  );
  kill(stack.pids().parts['worker'] as number);
  for (const { id } of placed) {
    expect(await stack.atRest(id)).toMatchObject({ status: 'rejected', reason: 'payment_declined' });
  }
  const { violations } = await verifyBooks(stack.databaseUrl());
  expect(violations).toEqual([]);
}, 240_000);

test.each(['temporal', 'postgres'])(
  '%s killed in the middle of 50 orders is started again, and all arrive with each effect once',
  async (part) => {
    const ids = await placeOrders(part);
    kill(stack.pids().parts[part] as number);
    await expectEachDeliveredOnce(ids);
  },
  240_000,
);

test('a PostgreSQL that stands still in the middle of 50 orders holds them up, and none is lost or doubled', async () => {
  const ids = await placeOrders('standstill');
  const processes = withChildren(stack.pids().parts['postgres'] as number);
  for (const pid of processes) signal(pid, 'SIGSTOP');
  try {
    // Each of these takes the API 2 s, so that all together take longer than a step may.
    for (let answers = 0; answers < 3; answers += 1) {
      const answer = await stack.call('GET', '/readyz');
      expect(answer).toMatchObject({ status: 503, body: { database: 'down' } });
    }
  } finally {
    for (const pid of processes) signal(pid, 'SIGCONT');
  }
  await expectEachDeliveredOnce(ids);
}, 240_000);

test('the whole stack killed in the middle of 50 orders resumes at the next start, each effect once', async () => {
  const ids = await placeOrders('stack');
  await stack.killAll();
  await stack.start();
  await expectEachDeliveredOnce(ids);
}, 300_000);

test('an order whose acceptance the API did not outlive is started all the same', async () => {
  const temporal = stack.pids().parts['temporal'] as number;
  process.kill(temporal, 'SIGSTOP');
  const placing = stack.place({ clientReference: 'orphan' });
  const orphan = await eventually(
    async () => {
      const { body } = await stack.call('GET', '/v1/orders?status=created&limit=1');
      return (body as { items: OrderResource[] }).items.find((order) => order.clientReference === 'orphan');
    },
    (order) => order !== undefined,
    20_000,
  );
  kill(stack.pids().parts['api'] as number);
  process.kill(temporal, 'SIGCONT');
  await placing.catch(() => undefined);
  await eventually(
    () =>
      fetch(`${stack.api}/healthz`).then(
        ({ ok }) => ok,
        () => false,
      ),
    (healthy) => healthy,
    60_000,
  );
  expect((await stack.atRest((orphan as OrderResource).id)).status).toBe('delivered');
}, 240_000);
