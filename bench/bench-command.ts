import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { temporalEndpoint } from '../infra/temporal/connection';
import { check } from './check';
import { runEmpty, startEmptyWorker } from './empty';
import { shapeOfHistory, stepsOf } from './history';
import { readOptions, USAGE, UsageError, type Options } from './options';
import { prepareOrders, type Orders } from './orders';
import { startOwnStack, type OwnStack } from './own-stack';
import { render, type BenchResult } from './report';
import { contenders, race, ratiosOf, summarise, type Cell, type Field, type Plan } from './rounds';
import { countPerOrder } from './sample';
import { prepareTransactions, type Transactions } from './transactions';

const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** What is run before the first round, and not counted: everything is compiled, connected and cached after it. */
const WARM_UP: Plan = { rounds: 1, concurrencies: [10], seconds: 2, maxOrders: 2000 };

/** The command `npm run bench`; resolves to its exit code. */
export async function bench(args: string[]): Promise<number> {
  const stopped = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stopped.abort());
  try {
    const options = readOptions(args);
    if (options.help) {
      print(USAGE);
      return 0;
    }
    return await runOnOwnStack(options, stopped.signal);
  } catch (error) {
    if (stopped.signal.aborted) {
      print('stopped');
      return 130;
    }
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n\n${USAGE}`);
    return 2;
  }
}

async function runOnOwnStack(options: Options, signal: AbortSignal): Promise<number> {
  print('starting a stack of its own …');
  const stack = await startOwnStack(signal);
  const closing: (() => Promise<unknown>)[] = [];
  let isOver = false;
  try {
    const result = await measure(stack, options, closing, signal);
    mkdirSync(path.dirname(path.resolve(options.out)), { recursive: true });
    writeFileSync(options.out, `${JSON.stringify(result, null, 2)}\n`);
    print(`\n${render(result)}\n\nall figures are in ${options.out}`);
    isOver = result.problems.length === 0;
    return isOver ? 0 : 1;
  } finally {
    for (const close of closing.reverse()) await close();
    const keep = !isOver && !signal.aborted;
    if (keep) print(`the stack's logs are kept in ${path.join(stack.folder, 'data', 'log')}`);
    await stack.stop(keep);
  }
}

async function measure(
  stack: OwnStack,
  options: Options,
  closing: (() => Promise<unknown>)[],
  signal: AbortSignal,
): Promise<BenchResult> {
  const loadAtStart = loadavg()[0] ?? NaN;
  const { connection: endpoint, namespace } = temporalEndpoint(stack.config);
  const connection = await Connection.connect(endpoint);
  closing.push(() => connection.close());
  const client = new Client({ connection, namespace });
  const emptyWorker = await startEmptyWorker(stack, signal);
  closing.push(() => emptyWorker.stop());
  const transactions = await prepareTransactions(stack.config.database.url, signal);
  closing.push(() => transactions.close());
  const orders = await prepareOrders(stack);
  closing.push(() => orders.close());

  const firstOrder = await orders.run();
  await orders.settle(signal);
  const steps = await stepsOf(stack.config.database.url, firstOrder);
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
  const urls = { product: stack.config.database.url, transactions: transactions.url };
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
