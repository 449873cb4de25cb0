import { cpus, loadavg } from 'node:os';
import { Client, Connection } from '@temporalio/client';
import { temporalEndpoint } from '../infra/temporal/connection';
import { check } from './check';
import { runEmpty, startEmptyWorker } from './empty';
import { shapeOfHistory, stepsOf } from './history';
import type { Options } from './options';
import { prepareOrders, type Orders } from './orders';
import { databaseUrl } from '../infra/database/address';
import type { OwnStack } from './own-stack';
import type { BenchResult } from './report';
import { contenders, race, type Cell, type Field, type Plan } from './rounds';
import { countPerOrder } from './sample';
import { ratiosOf, summarise } from './summary';
import { prepareTransactions, type Transactions } from './transactions';

/** What is run before the first round, and not counted: everything is compiled, connected and cached after it. */
const WARM_UP: Plan = { rounds: 1, concurrencies: [10], seconds: 2, maxOrders: 2000 };

/** What a run needs. */
export interface Run {
  stack: OwnStack;
  options: Options;
  /** Takes what has to be closed at the end, whatever that is, in reverse order. */
  closing: (() => Promise<unknown>)[];
  print(line: string): void;
  signal: AbortSignal;
}

/** Connects to the stack, measures every contender and checks that nothing was lost. */
export async function measure({ stack, options, closing, print, signal }: Run): Promise<BenchResult> {
  const loadAtStart = loadavg()[0] ?? NaN;
  const { connection: endpoint, namespace } = temporalEndpoint(stack.config);
  const connection = await Connection.connect(endpoint);
  closing.push(() => connection.close());
  const client = new Client({ connection, namespace });
  const emptyWorker = await startEmptyWorker(stack, signal);
  closing.push(() => emptyWorker.stop());
  const transactions = await prepareTransactions(databaseUrl(stack.config, 'superuser'), signal);
  closing.push(() => transactions.close());
  const orders = await prepareOrders(stack);
  closing.push(() => orders.close());

  const firstOrder = await orders.run();
  await orders.settle(signal);
  const steps = await stepsOf(databaseUrl(stack.config), firstOrder);
  const history = await shapeOfHistory(client, firstOrder);

  const processes = () => {
    const { api = 0, worker = 0, temporal = 0, postgres = 0 } = stack.parts();
    return { api, worker, temporal, postgres, 'empty worker': emptyWorker.pid };
  };
  const field = fieldOf(client, steps.length, transactions, orders, signal);
  print('warming up …');
  const shared = { field, processes, signal };
  await race({ ...shared, plan: WARM_UP, onCell: () => undefined });
  const { rounds, concurrencies, seconds, maxOrders } = options;
  const plan = { rounds, concurrencies, seconds, maxOrders };
  const cells = await race({ ...shared, plan, onCell: (cell) => print(lineOf(cell)) });
  const statements = await countPerOrder({ stack, transactions, orders, signal });
  const urls = { product: databaseUrl(stack.config), transactions: transactions.url };
  return {
    at: new Date().toISOString(),
    machine: { ...machine(), loadAtStart },
    plan,
    steps,
    history,
    summaries: concurrencies.flatMap((concurrency) => contenders.map((each) => summarise(cells, each, concurrency))),
    ratios: concurrencies.flatMap((concurrency) => ratiosOf(cells, concurrency)),
    statements,
    ...(await check({ cells, accepted: orders.accepted, urls })),
    cells,
  };
}

const fieldOf = (
  client: Client,
  activities: number,
  transactions: Transactions,
  orders: Orders,
  signal: AbortSignal,
): Field => ({
  a: { run: () => runEmpty(client, activities), settle: async () => undefined },
  b: { run: (loop) => transactions.run(loop), settle: async () => undefined },
  c: { run: () => orders.run(), settle: () => orders.settle(signal) },
});

const lineOf = ({ round, contender, concurrency, counted, perSecond, p50Ms, p95Ms }: Cell): string =>
  `round ${round}, concurrency ${concurrency}, (${contender}): ${counted} orders, ${perSecond.toFixed(1)} a second, ` +
  `p50 ${p50Ms.toFixed(1)} ms, p95 ${p95Ms.toFixed(1)} ms`;

const machine = () => ({
  cpus: cpus().length,
  model: cpus()[0]?.model ?? 'unknown',
  platform: `${process.platform} ${process.arch}`,
  node: process.versions.node,
});
