import type { BooksReport } from '../books/verify';
import { totalCpu } from './cpu';
import type { HistoryShape } from './history';
import type { Plan, Cell, Contender } from './rounds';
import type { perOrder } from './statements';
import type { Ratio, Summary } from './summary';
import { table } from './table';

/** Everything that a run has found out: what the JSON file holds. */
export interface BenchResult {
  at: string;
  machine: { cpus: number; model: string; platform: string; node: string; loadAtStart: number };
  plan: Plan;
  /** The saga's steps for an order of one parcel, up to `shipped`. */
  steps: string[];
  history: HistoryShape;
  summaries: Summary[];
  ratios: Ratio[];
  statements: Record<'b' | 'c', ReturnType<typeof perOrder>>;
  books: { product: BooksReport; transactions: BooksReport };
  /** Why the run failed; empty if it didn't. */
  problems: string[];
  cells: Cell[];
}

const GOALS = { p50AtOne: 0.6, perSecondAtFifty: 1.3 };

/** The result as it is read at a terminal. */
export function render(result: BenchResult): string {
  const names: Record<Contender, string> = {
    a: `(a) ${result.steps.length} empty activities`,
    b: '(b) the transactions alone',
    c: '(c) POST to shipped',
  };
  const processes = Object.keys(result.summaries[0]?.cpu ?? {});
  const head = ['orders', 'orders/s', 'p50 ms', 'p95 ms', 'cpu s', ...processes];
  const blocks = result.plan.concurrencies.map((concurrency) => {
    const rows = result.summaries.filter((summary) => summary.concurrency === concurrency);
    const ratios = result.ratios.filter((ratio) => ratio.concurrency === concurrency);
    const lines = table([
      [`concurrency ${concurrency}`, ...head],
      ...rows.map(({ contender, counted, perSecond, p50Ms, p95Ms, cpu }) => [
        names[contender],
        String(counted),
        ...[perSecond, p50Ms, p95Ms].map((value) => value.toFixed(1)),
        ...[totalCpu(cpu), ...processes.map((name) => cpu?.[name] ?? NaN)].map((seconds) => seconds.toFixed(4)),
      ]),
      ...ratios.map(({ to, ...ratio }) => [
        `c/${to}`,
        '',
        ...[ratio.perSecond, ratio.p50].map((value) => value.toFixed(2)),
        '',
        ratio.cpu.toFixed(2),
      ]),
    ]);
    return lines.join('\n');
  });
  const cpuNote =
    processes.length > 0
      ? ['cpu s is CPU seconds an order: of all processes, then of each, those who place the orders (bench) included']
      : ['cpu s (CPU seconds an order): not available on this system'];
  return [...blocks, [...cpuNote, ...facts(result), ...goals(result.ratios)].join('\n'), ending(result)].join('\n\n');
}

function facts({ steps, history, statements }: BenchResult): string[] {
  const count = ({ statements: all, control, commits, byConnection }: ReturnType<typeof perOrder>) => {
    const parts = Object.entries(byConnection).map(([name, value]) => `${name} ${value.toFixed(1)}`);
    const total = `${all.toFixed(1)} statements (${parts.join(', ')})`;
    return `${total}, ${control.toFixed(1)} to begin and end transactions, ${commits.toFixed(1)} writing commits`;
  };
  const { events, workflowTasks, regularActivities, localActivities } = history;
  const activities = `${regularActivities} regular and ${localActivities} local activities`;
  return [
    `steps an order      ${steps.length}: ${steps.join(', ')}`,
    `history an order    ${events} events, ${workflowTasks} workflow tasks, ${activities}, up to delivered`,
    `PostgreSQL, (b)     ${count(statements.b)}`,
    `PostgreSQL, (c)     ${count(statements.c)}, up to delivered`,
  ];
}

function goals(ratios: readonly Ratio[]): string[] {
  const toEmpty = (concurrency: number) => ratios.find((each) => each.to === 'a' && each.concurrency === concurrency);
  const [single, many] = [toEmpty(1), toEmpty(50)];
  const verdict = (isMet: boolean) => (isMet ? 'met' : 'missed');
  const { p50AtOne, perSecondAtFifty } = GOALS;
  return [
    ...(single
      ? [
          `goal: p50 of a single order at most ${p50AtOne} × (a): ${single.p50.toFixed(2)}, ${verdict(single.p50 <= p50AtOne)}`,
        ]
      : []),
    ...(many
      ? [
          `goal: orders a second at concurrency 50 at least ${perSecondAtFifty} × (a): ${many.perSecond.toFixed(2)}, ` +
            verdict(many.perSecond >= perSecondAtFifty),
        ]
      : []),
  ];
}

function ending({ books: { product, transactions }, problems }: BenchResult): string {
  if (problems.length > 0) return ['FAILED', ...problems.map((problem) => `  ${problem}`)].join('\n');
  return (
    `no order lost: ${product.orders} delivered through the API, ${transactions.orders} shipped by transactions alone; ` +
    `the books of both balance`
  );
}
