import { randomUUID } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { Client } from 'pg';
import { typeid } from 'typeid-js';
import { createActivities, type FulfilmentActivities } from '../activities';
import { createSandboxParties } from '../adapters/sandbox';
import { requestKey } from '../api/orders/idempotency';
import { placeOrder } from '../api/orders/place-order';
import { defaultLimits, type ApiDependencies } from '../api/dependencies';
import { setStock } from '../api/inventory/stock';
import { policy } from '../contracts/policy';
import { openDatabase } from '../infra/database/client';
import { prepareBooks } from '../infra/stack/database';
import { BENCH_CUSTOMER, BENCH_LEVELS, BENCH_SKUS, orderBody } from './order-body';

/** Contender (b): what an order does to PostgreSQL, done by this process alone. */
export interface Transactions {
  /** Its database: one of its own, so that no worker of the stack runs its orders. */
  url: string;
  /** Stores an order and carries out its steps up to the hand-over, one by one. */
  run(loop: number): Promise<void>;
  close(): Promise<void>;
}

const DATABASE = 'bench';
/** As many as the API and the worker have, and as many as the worker has for the parties. */
const CONNECTIONS = 40;
const PARTY_CONNECTIONS = 20;
/** No carrier of these orders ever scans anything. */
const NEVER_MS = 20 * 24 * 3600 * 1000;

/** Makes the database beside the one of `stackUrl` and fills its shelves. */
export async function prepareTransactions(stackUrl: string, signal: AbortSignal): Promise<Transactions> {
  const url = stackUrl.replace(/[^/]*$/, DATABASE);
  await createDatabase(stackUrl);
  await prepareBooks(url, 'the database of the transactions', signal);
  const database = openDatabase(url, { name: 'bench', maxConnections: CONNECTIONS });
  const parties = openDatabase(url, { name: 'bench-parties', maxConnections: PARTY_CONNECTIONS });
  await database.$transaction(async (transaction) => {
    for (const sku of BENCH_SKUS) await setStock(transaction, sku, BENCH_LEVELS, 'bench');
  });
  const activities = createActivities({
    database,
    parties: createSandboxParties(parties, { inTransitAfterMs: NEVER_MS, deliveredAfterMs: NEVER_MS }),
  });
  const api = { database, now: () => new Date(), newOrderId: () => typeid('ord').toString(), limits: defaultLimits };
  const { stepTimeoutMs: startToCloseTimeoutMs } = policy.parse({});
  const environments = new Map<number, MockActivityEnvironment>();
  let index = 0;
  return {
    url,
    run: async (loop) => {
      const environment =
        environments.get(loop) ?? new MockActivityEnvironment({ attempt: 1, isLocal: true, startToCloseTimeoutMs });
      environments.set(loop, environment);
      await fulfil(api, activities, environment, index++);
    },
    close: async () => {
      await Promise.all([database.$disconnect(), parties.$disconnect()]);
    },
  };
}

/** The steps in the order in which the workflow takes them, without the workflow. */
async function fulfil(
  api: Pick<ApiDependencies, 'database' | 'now' | 'newOrderId' | 'limits'>,
  activities: FulfilmentActivities,
  environment: MockActivityEnvironment,
  index: number,
): Promise<void> {
  const { partyTimeoutMs, patienceMs, carrierAttempts, reviewMs } = policy.parse({});
  const body = { ...orderBody(index), customerId: BENCH_CUSTOMER };
  const actor = { subject: BENCH_CUSTOMER, role: 'customer' } as const;
  const key = requestKey(actor.subject, randomUUID(), body);
  const { resource } = await placeOrder(api as ApiDependencies, actor, body, key);
  const order = { orderId: resource.id, limits: { partyTimeoutMs, patienceMs } };
  const leg = 1;
  const grant = 1;
  const step = <Input, Result>(activity: (input: Input) => Promise<Result>, input: Input): Promise<Result> =>
    environment.run(activity, input);
  await step(activities.validateOrder, { ...order, reviewMs });
  const { parcels } = await step(activities.reserveStock, { ...order, leg, shortfall: 'refuse' });
  await step(activities.authorisePayment, { ...order, grant });
  for (const { parcel } of parcels) {
    await step(activities.packParcel, { ...order, leg, parcel });
    await step(activities.bookCarrier, { ...order, leg, parcel, carrierAttempts });
  }
  await step(activities.capturePayment, { ...order, grant });
  await step(activities.handOver, { ...order, leg });
}

async function createDatabase(stackUrl: string): Promise<void> {
  const client = new Client({ connectionString: stackUrl });
  await client.connect();
  try {
    await client.query(`CREATE DATABASE ${client.escapeIdentifier(DATABASE)}`);
  } finally {
    await client.end();
  }
}
