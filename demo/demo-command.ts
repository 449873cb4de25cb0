import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigError, readConfig, type Config } from '../infra/config';
import { loadJwtSecret } from '../infra/jwt-secret';
import { addresses } from '../infra/stack/welcome';
import { temporalEndpoint } from '../infra/temporal/connection';
import { issueToken } from '../api/tokens';
import { workflowIdOf } from '../domain/steps';
import type { OrderResource } from '../contracts/order';
import type { SandboxLedger } from '../contracts/sandbox';
import { assertRunning, createClient, DemoError, type DemoClient } from './client';
import { followAll } from './follow';
import { DEMO_PRODUCT, DEMO_WAREHOUSES, faultsOf, orderOf, referenceOf, scenarios, type Scenario } from './scenarios';
import { effectsInWords, outcomeOf } from './words';

const CUSTOMER = 'cus_demo';
const FOLLOWED_FOR_MS = 90_000;
/** The message that an order is at rest is sent beside it, and may come a little later. */
const LAST_MESSAGE_MS = 1000;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** The command `npm run demo`: needs a running stack, and uses its HTTP API alone. */
async function main(stop: AbortSignal): Promise<void> {
  const config = readConfig(process.env);
  const { API: api } = addresses(config);
  await assertRunning(api);
  const secret = loadJwtSecret(config);
  const client = createClient(api, {
    customer: await issueToken(secret, { subject: CUSTOMER, role: 'customer' }),
    admin: await issueToken(secret, { subject: 'demo', role: 'admin' }),
  });
  const run = randomBytes(4).toString('hex');
  print(
    `${scenarios.length} orders of the customer ${CUSTOMER}. The demo puts the product ${DEMO_PRODUCT.sku} on the shelves and\n` +
      'replaces the list of faults of the sandbox by its own, which strike its own orders only; it clears it at the end.\n',
  );
  await stockUp(client);
  await client.call('admin', 'PUT', '/v1/sandbox/faults', faultsOf(run));
  try {
    const orders: OrderResource[] = [];
    for (const [index, scenario] of scenarios.entries()) {
      const body = orderOf(scenario, referenceOf(run, index));
      orders.push(await client.call<OrderResource>('customer', 'POST', '/v1/orders', body));
    }
    const shown = orders.map((order, index) => ({ order, title: titleOf(index) }));
    await followAll(client, shown, process.stdout, AbortSignal.any([stop, AbortSignal.timeout(FOLLOWED_FOR_MS)]));
    await sleep(LAST_MESSAGE_MS, undefined, { signal: stop });
    await tell(client, config, orders);
  } finally {
    await client.call('admin', 'PUT', '/v1/sandbox/faults', []);
  }
}

const titleOf = (index: number): string => `${index + 1} ${scenarios[index]?.title ?? ''}`;

/** Puts one unit of the demo's product in each warehouse, beside what orders of an earlier run may still hold. */
async function stockUp(client: DemoClient): Promise<void> {
  await client.call('admin', 'PUT', `/v1/products/${DEMO_PRODUCT.sku}`, DEMO_PRODUCT);
  const path = `/v1/inventory/${DEMO_PRODUCT.sku}`;
  const stock = await client.call<{ levels: { warehouse: string; reserved: number }[] }>('admin', 'GET', path);
  const levels = DEMO_WAREHOUSES.map((warehouse) => {
    const reserved = stock.levels.find((level) => level.warehouse === warehouse)?.reserved ?? 0;
    return { warehouse, onHand: reserved + 1 };
  });
  await client.call('admin', 'PUT', path, { levels });
}

async function tell(client: DemoClient, config: Config, orders: readonly OrderResource[]): Promise<void> {
  const { namespace } = temporalEndpoint(config);
  print('\nWhat happened, by the books of the parties themselves');
  for (const [index, { id }] of orders.entries()) {
    const [order, ledger] = await Promise.all([
      client.call<OrderResource>('customer', 'GET', `/v1/orders/${id}`),
      client.call<SandboxLedger>('admin', 'GET', `/v1/sandbox/ledger?orderId=${id}`),
    ]);
    const link = `${config.temporal.uiUrl}/namespaces/${namespace}/workflows/${workflowIdOf(id)}`;
    const { shows } = scenarios[index] as Scenario;
    print(
      ['', `${titleOf(index)} → ${outcomeOf(order)}`, ...[shows, ...effectsInWords(ledger), link].map(indent)].join(
        '\n',
      ),
    );
  }
}

const indent = (line: string): string => `  ${line}`;

const stopped = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stopped.abort());

main(stopped.signal).then(
  () => process.exit(0),
  (error: unknown) => {
    if (stopped.signal.aborted) process.exit(130);
    if (!(error instanceof DemoError || error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  },
);
