import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { issueToken } from '../api/access/tokens';
import type { OrderResource } from '../contracts/http/order';
import { databaseUrl } from '../infra/database/address';
import { findJwtSecret } from '../infra/jwt-secret';
import { BENCH_CUSTOMER, BENCH_LEVELS, BENCH_SKUS, orderBody } from './order-body';
import type { OwnStack } from './own-stack';

/** Contender (c): the product, through its API. */
export interface Orders {
  /** The ids of all orders that were accepted. */
  readonly accepted: ReadonlySet<string>;
  /** Places an order and waits for the answer that it is shipped; returns its id. Throws if it says otherwise. */
  run(): Promise<string>;
  /** Waits until all orders are delivered and what they set off is over; returns how many are not, in the end. */
  settle(signal: AbortSignal): Promise<number>;
  close(): Promise<void>;
}

/** The longest that the API waits for an order. */
const WAIT_SECONDS = 30;
const DELIVERED_WITHIN_MS = 120_000;
/** For the last messages to be sent and the last workflows to end. */
const AFTERMATH_MS = 500;

/** Fills the shelves, by the API, and prepares to place orders. */
export async function prepareOrders({ config }: OwnStack): Promise<Orders> {
  const secret = findJwtSecret(config);
  const agent = new Agent({ keepAlive: true });
  const tokens = {
    customer: await issueToken(secret, { subject: BENCH_CUSTOMER, role: 'customer' }),
    admin: await issueToken(secret, { subject: 'bench', role: 'admin' }),
  };
  const call = (method: string, path: string, role: keyof typeof tokens, body: unknown, headers = {}) =>
    send({ agent, port: config.api.port, method, path, headers: headersFor(tokens[role], headers) }, body);
  for (const sku of BENCH_SKUS) {
    const { status, text } = await call('PUT', `/v1/inventory/${sku}`, 'admin', { levels: BENCH_LEVELS });
    if (status !== 200) throw new Error(`PUT /v1/inventory/${sku} answered ${status}: ${text}`);
  }
  const books = new Client({ connectionString: databaseUrl(config), application_name: 'bench' });
  await books.connect();
  const accepted = new Set<string>();
  let index = 0;
  return {
    accepted,
    run: async () => {
      const headers = { prefer: `wait=${WAIT_SECONDS}`, 'idempotency-key': randomUUID() };
      const { status, text } = await call('POST', '/v1/orders', 'customer', orderBody(index++), headers);
      if (status !== 202) throw new Error(`POST /v1/orders answered ${status}: ${text}`);
      const order = JSON.parse(text) as OrderResource;
      accepted.add(order.id);
      if (order.status !== 'shipped' && order.status !== 'delivered') {
        throw new Error(`${order.id} is ${order.status} (${order.reason ?? 'no reason'}) after ${WAIT_SECONDS} s`);
      }
      return order.id;
    },
    settle: (signal) => untilDelivered(books, signal),
    close: async () => {
      agent.destroy();
      await books.end();
    },
  };
}

async function untilDelivered(books: Client, signal: AbortSignal): Promise<number> {
  const deadlineMs = performance.now() + DELIVERED_WITHIN_MS;
  for (;;) {
    const { rows } = await books.query<{ open: number }>(
      `SELECT count(*)::int AS open FROM orders.orders WHERE status <> 'delivered'`,
    );
    const open = rows[0]?.open ?? NaN;
    if (open === 0 || performance.now() > deadlineMs) {
      await sleep(AFTERMATH_MS, undefined, { signal });
      return open;
    }
    await sleep(100, undefined, { signal });
  }
}

const headersFor = (token: string, more: Record<string, string>): Record<string, string> => ({
  authorization: `Bearer ${token}`,
  'content-type': 'application/json',
  ...more,
});

interface Call {
  agent: Agent;
  port: number;
  method: string;
  path: string;
  headers: Record<string, string>;
}

/** By Node's own client on connections kept open, which costs this process less than `fetch` does. */
const send = (call: Call, body: unknown): Promise<{ status: number; text: string }> =>
  new Promise((resolve, reject) => {
    const text = JSON.stringify(body);
    const headers = { ...call.headers, 'content-length': Buffer.byteLength(text) };
    const outgoing = request({ ...call, host: '127.0.0.1', headers }, (response) => {
      let answer = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: answer }));
      response.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(text);
  });
