import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { typeid } from 'typeid-js';
import { createApp } from '../../api/app';
import { defaultLimits, type ApiDependencies } from '../../api/dependencies';
import { createApiServer, type ArrivalLimits } from '../../api/http/server';
import { createOrderWatcher, type OrderWatcher } from '../../api/orders/order-watcher';
import { issueToken, tokenRules, type Actor } from '../../api/access/tokens';
import type { OrderStatus } from '../../domain/order-status';
import { readConfig } from '../../infra/config';
import type { Database } from '../../infra/database/client';
import { createUsage } from '../../api/access/usage';
import { apiLimits } from '../../api/access/api-limits';
import { createLogger } from '../../infra/logger';
import { createApiMetrics } from '../../api/http/metrics';
import type { FulfilmentOrder } from '../../contracts/workflow/order';
import type { SentUpdate, UpdateOutcome } from '../../workflow-client/updates';
import { describedBy, type Answer, type OpenApi } from '../support/described-answers';
import { createTestDatabase } from '../support/database';

export const JWT_SECRET = 'a secret for tests, of more than 32 bytes';

/** The API under test, over real HTTP and a database of its own; what it would start is recorded. */
export interface TestApi {
  url: string;
  database: Database;
  databaseUrl: string;
  started: FulfilmentOrder[];
  /** Fails if the answer is not as the OpenAPI document says. */
  call(method: string, path: string, options?: CallOptions): Promise<Reply>;
  /** The check that `call` makes, for what is fetched by other means. */
  check(answer: Answer): void;
  watcher: OrderWatcher;
  tokenOf(actor: Actor): Promise<string>;
  close(): Promise<void>;
}

export interface CallOptions {
  /** Whose token is sent; a customer's by default, none for null. */
  as?: Actor | null;
  headers?: Record<string, string>;
  /** Sent as JSON; a string, or bytes, are sent as they are. */
  body?: unknown;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- an answer is what a test says it is
type Json = any;

export interface Reply {
  status: number;
  headers: Headers;
  text: string;
  body: Json;
}

export const customer = { role: 'customer', subject: 'cus_1' } as const;
export const admin = { role: 'admin', subject: 'adm_1' } as const;
export const support = { role: 'support', subject: 'sup_1' } as const;

/** Serves the API; `over` replaces what a test scripts. */
export async function startApi(
  over: Partial<ApiDependencies> = {},
  watch: { maxWaiters?: number } = {},
  arrival?: ArrivalLimits,
): Promise<TestApi> {
  const test = await createTestDatabase();
  const { database } = test;
  const logger = createLogger('api', 'silent');
  const watcher = createOrderWatcher(database, logger, watch);
  const started: FulfilmentOrder[] = [];
  const app = createApp({
    database,
    logger,
    watcher,
    metrics: createApiMetrics(),
    usage: createUsage(apiLimits.parse({}), { delayMs: 0 }),
    trustedProxies: [],
    tokens: tokenRules(readConfig({}), JWT_SECRET),
    startFulfilment: async (order) => void started.push(order),
    wake: async () => undefined,
    sendUpdate: scriptedUpdates().sendUpdate,
    startReturn: async () => undefined,
    pendingSteps: async () => [],
    temporalUrlOf: (workflowId) => `http://temporal.test/workflows/${workflowId}`,
    temporalReachable: async () => true,
    now: () => new Date(),
    newOrderId: () => typeid('ord').toString(),
    newNoteId: () => typeid('note').toString(),
    newReturnId: () => typeid('ret').toString(),
    limits: defaultLimits,
    ...over,
  });
  const server = createApiServer(app, logger, arrival).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as OpenApi;
  const check = describedBy(document);
  return {
    url,
    database,
    databaseUrl: test.url,
    started,
    watcher,
    tokenOf: (actor) => issueToken(JWT_SECRET, actor),
    call: async (method, path, options) => {
      const reply = await call(`${url}${path}`, method, options);
      check({ method, path, ...reply });
      return reply;
    },
    check,
    close: async () => {
      watcher.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await test.drop();
    },
  };
}

async function call(url: string, method: string, { as = customer, headers, body }: CallOptions = {}): Promise<Reply> {
  const response = await fetch(url, {
    method,
    headers: {
      ...(as && { authorization: `Bearer ${await issueToken(JWT_SECRET, as)}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && {
      body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
    }),
  });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : undefined };
}

/** A body of POST /v1/orders that is accepted. */
export const orderBody = (over: Record<string, unknown> = {}): Record<string, unknown> => ({
  clientReference: 'web-8841',
  currency: 'EUR',
  lines: [{ sku: 'MUG-001', quantity: 2 }],
  shippingAddress: {
    name: 'Ada Lovelace',
    line1: 'Torstr. 1',
    postalCode: '10119',
    city: 'Berlin',
    country: 'DE',
  },
  contact: { email: 'ada@example.com', phone: '+4930123456' },
  payment: { provider: 'sandbox', token: 'tok_visa' },
  ...over,
});

/** An Update as it was sent to a workflow, its payload read as a test says. */
type Sent = Omit<SentUpdate, 'payload'> & { payload: Json };

/** Workflows that answer as `answer` says, which a test may replace, and the Updates that they were sent. */
export function scriptedUpdates() {
  const sent: Sent[] = [];
  const script: { answer: (update: Sent) => UpdateOutcome | Promise<UpdateOutcome> } = {
    answer: () => ({ kind: 'absent' }),
  };
  const sendUpdate = async (update: SentUpdate): Promise<UpdateOutcome> => {
    sent.push(update);
    return script.answer(update);
  };
  return { sendUpdate, sent, script };
}

/** Puts products into the catalogue: some that are sold, one of another currency, one that is sold no more. */
export async function givenCatalogue(database: Database): Promise<void> {
  const product = (sku: string, over: object = {}) => ({
    ...{ sku, name: `The ${sku}`, category: 'kitchen', unitPrice: 1290n, currency: 'EUR', weightGrams: 350 },
    ...over,
  });
  await database.product.createMany({
    data: [
      product('MUG-001'),
      product('MUG-002', { unitPrice: 1490n }),
      product('GOLD-001', { unitPrice: 1_000_000_000n }),
      product('CUP-USD', { currency: 'USD' }),
      product('OLD-001', { active: false }),
    ],
  });
  await database.warehouse.createMany({ data: ['BER', 'HAM'].map((code) => ({ code, name: code })) });
}

/** Moves an order along, as its saga would: its status and an entry of the timeline for each. */
export async function moveOrder(database: Database, orderId: string, ...statuses: OrderStatus[]): Promise<void> {
  for (const status of statuses) {
    await database.$transaction([
      database.order.update({ where: { id: orderId }, data: { status, updatedAt: new Date() } }),
      database.timelineEntry.create({ data: { orderId, status, actorType: 'system', actorId: 'saga' } }),
    ]);
  }
}

/** Moves an order all the way to `shipped`. */
export const shipOrder = (database: Database, orderId: string): Promise<void> =>
  moveOrder(database, orderId, 'validated', 'reserved', 'authorised', 'packed', 'paid', 'shipped');
