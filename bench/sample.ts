import { setTimeout as sleep } from 'node:timers/promises';
import { databaseUrl } from '../infra/database/address';
import type { Orders } from './orders';
import type { OwnStack } from './own-stack';
import { countStatements, perOrder } from './statements';
import type { Transactions } from './transactions';

const ORDERS = 10;
const IDLE_MS = 3000;

/** Counts what one order of (b) and one of (c) asks of PostgreSQL, in a few orders of each, one after another. */
export async function countPerOrder({ stack, transactions, orders, signal }: Sampled) {
  const url = databaseUrl(stack.config, 'superuser');
  const count = (ignored: string[], run: () => Promise<void>) =>
    countStatements(url, stack.logOf('postgres'), ignored, run);
  // The bench's own connection only looks whether the orders are delivered.
  const idle = await count(['bench'], () => sleep(IDLE_MS, undefined, { signal }));
  const product = await count(['bench'], async () => {
    for (let order = 0; order < ORDERS; order += 1) await orders.run();
    await orders.settle(signal);
  });
  const alone = await count(Object.keys(idle.statements), async () => {
    for (let order = 0; order < ORDERS; order += 1) await transactions.run(0);
  });
  return { b: perOrder(alone, undefined, ORDERS), c: perOrder(product, idle, ORDERS) };
}

/** What is sampled. */
export interface Sampled {
  stack: OwnStack;
  transactions: Transactions;
  orders: Orders;
  signal: AbortSignal;
}
