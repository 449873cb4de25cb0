import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { issueToken } from '../api/access/tokens';
import type { OrderResource } from '../contracts/http/order';
import { firstOf } from '../infra/abort';
import { CommandError, runCommand } from '../infra/command-line.mjs';
import { readConfig } from '../infra/config';
import { findJwtSecret } from '../infra/jwt-secret';
import { addresses } from '../infra/stack/welcome';
import { temporalEndpoint } from '../infra/temporal/connection';
import { uiLink } from '../infra/temporal/ui-link';
import { assertRunning, createClient, DemoError, type DemoClient, type DemoRole } from './client';
import { play } from './play';
import { faultsOf, orderOf, referenceOf } from './scenario';
import { scenarios } from './scenarios';
import { clearShelves, DEMO_LAMP, DEMO_SET, stockUp } from './shelves';
import { tell } from './tell';

const usage = `
usage: npm run demo

Places ${scenarios.length} orders with the stack that npm start runs, and shows them live: they go through, fail, are cancelled,
reviewed, back-ordered, stuck and freed, and sent back. Takes about a minute, two at most. It finds the stack by
API_PORT and DATA_DIR (or JWT_SECRET). Exits 1 if something did not go as it should.
`;

const CUSTOMER = 'cus_demo';
const PLAYED_FOR_MS = 80_000;
/** Long enough for all of it, and as short as anybody may have configured. */
const TOKEN_SECONDS = 300;
/** The message that an order is at rest is sent beside it, and may come a little later. */
const LAST_MESSAGE_MS = 1000;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

const INTRODUCTION = `${scenarios.length} orders of the customer ${CUSTOMER}, one line each; it takes less than a minute. The demo plays the
customer and the staff too, through the API. It sells two products of its own, ${DEMO_SET} and ${DEMO_LAMP}, and replaces the
sandbox's list of faults by its own, which strike its own orders only; at the end it clears both away.
`;

/** The command `npm run demo`: needs a running stack, and uses its HTTP API alone. */
async function main(): Promise<number> {
  const stopped = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stopped.abort());
  try {
    return await playOn(stopped.signal);
  } catch (error) {
    if (stopped.signal.aborted) return 130;
    throw error instanceof DemoError ? new CommandError(error.message, { cause: error }) : error;
  }
}

async function playOn(stop: AbortSignal): Promise<number> {
  const config = readConfig(process.env);
  const { API: api } = addresses(config);
  await assertRunning(api);
  const secret = findJwtSecret(config);
  const token = (subject: string, role: DemoRole) =>
    issueToken(secret, { subject, role, expiresInSeconds: TOKEN_SECONDS });
  const client = createClient(api, {
    customer: await token(CUSTOMER, 'customer'),
    support: await token('sup_demo', 'support'),
    admin: await token('adm_demo', 'admin'),
  });
  const { namespace } = temporalEndpoint(config);
  const linkTo = (workflowId: string) => uiLink(config.temporal.uiUrl, namespace, workflowId);
  print(INTRODUCTION);
  const played = await playAll(client, stop);
  await sleep(LAST_MESSAGE_MS, undefined, { signal: stop });
  for (const line of await tell(client, played, linkTo)) print(line);
  return played.some(({ failed }) => failed !== undefined) ? 1 : 0;
}

async function playAll(client: DemoClient, stop: AbortSignal) {
  const run = randomBytes(4).toString('hex');
  const time = firstOf([stop], PLAYED_FOR_MS);
  await client.call('admin', 'PUT', '/v1/sandbox/faults', faultsOf(run, scenarios));
  try {
    await stockUp(client);
    const orders: OrderResource[] = [];
    for (const [index, scenario] of scenarios.entries()) {
      const body = orderOf(scenario, referenceOf(run, index));
      orders.push(await client.call<OrderResource>('customer', 'POST', '/v1/orders', body));
    }
    return await play(client, scenarios, orders, process.stdout, time.signal);
  } finally {
    time.release();
    await client.call('admin', 'PUT', '/v1/sandbox/faults', []);
    await clearShelves(client);
  }
}

void runCommand({ usage }, main);
