import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { issueToken } from '../api/access/tokens';
import type { OrderResource } from '../contracts/http/order';
import { ConfigError, readConfig } from '../infra/config';
import { loadJwtSecret } from '../infra/jwt-secret';
import { addresses } from '../infra/stack/welcome';
import { temporalEndpoint } from '../infra/temporal/connection';
import { uiLink } from '../infra/temporal/ui-link';
import { assertRunning, createClient, DemoError, type DemoClient } from './client';
import { play } from './play';
import { faultsOf, orderOf, referenceOf } from './scenario';
import { scenarios } from './scenarios';
import { clearShelves, DEMO_LAMP, DEMO_SET, stockUp } from './shelves';
import { tell } from './tell';

const CUSTOMER = 'cus_demo';
const PLAYED_FOR_MS = 80_000;
/** The message that an order is at rest is sent beside it, and may come a little later. */
const LAST_MESSAGE_MS = 1000;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

const INTRODUCTION = `${scenarios.length} orders of the customer ${CUSTOMER}, one line each; it takes less than a minute. The demo plays the
customer and the staff too, through the API. It sells two products of its own, ${DEMO_SET} and ${DEMO_LAMP}, and replaces the
sandbox's list of faults by its own, which strike its own orders only; at the end it clears both away.
`;

/** The command `npm run demo`: needs a running stack, and uses its HTTP API alone. */
async function main(stop: AbortSignal): Promise<void> {
  const config = readConfig(process.env);
  const { API: api } = addresses(config);
  await assertRunning(api);
  const secret = loadJwtSecret(config);
  const client = createClient(api, {
    customer: await issueToken(secret, { subject: CUSTOMER, role: 'customer' }),
    support: await issueToken(secret, { subject: 'sup_demo', role: 'support' }),
    admin: await issueToken(secret, { subject: 'adm_demo', role: 'admin' }),
  });
  const { namespace } = temporalEndpoint(config);
  const linkTo = (workflowId: string) => uiLink(config.temporal.uiUrl, namespace, workflowId);
  print(INTRODUCTION);
  const played = await playAll(client, stop);
  await sleep(LAST_MESSAGE_MS, undefined, { signal: stop });
  for (const line of await tell(client, played, linkTo)) print(line);
  if (played.some(({ failed }) => failed !== undefined)) process.exitCode = 1;
}

async function playAll(client: DemoClient, stop: AbortSignal) {
  const run = randomBytes(4).toString('hex');
  const time = AbortSignal.any([stop, AbortSignal.timeout(PLAYED_FOR_MS)]);
  await client.call('admin', 'PUT', '/v1/sandbox/faults', faultsOf(run, scenarios));
  try {
    await stockUp(client);
    const orders: OrderResource[] = [];
    for (const [index, scenario] of scenarios.entries()) {
      const body = orderOf(scenario, referenceOf(run, index));
      orders.push(await client.call<OrderResource>('customer', 'POST', '/v1/orders', body));
    }
    return await play(client, scenarios, orders, process.stdout, time);
  } finally {
    await client.call('admin', 'PUT', '/v1/sandbox/faults', []);
    await clearShelves(client);
  }
}

const stopped = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stopped.abort());

main(stopped.signal).then(
  () => process.exit(),
  (error: unknown) => {
    if (stopped.signal.aborted) process.exit(130);
    if (!(error instanceof DemoError || error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  },
);
