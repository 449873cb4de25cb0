import { cpuPerOrder, cpuSeconds, totalCpu, type CpuSeconds } from './cpu';
import { applyLoad, type Measured } from './load';
import { median } from './statistics';

export const contenders = ['a', 'b', 'c'] as const;

/** (a) the empty workflow, (b) the transactions without an engine, (c) the product from POST to shipped. */
export type Contender = (typeof contenders)[number];

/** What carries out one order of each contender, and waits until all that the orders set off is over. */
export type Field = Record<Contender, { run(loop: number): Promise<unknown>; settle(): Promise<unknown> }>;

/** One contender under one load in one round. */
export interface Cell extends Measured {
  round: number;
  contender: Contender;
  concurrency: number;
  /** CPU seconds an order by process, to the end of all that the orders set off. */
  cpu: CpuSeconds;
}

export interface Plan {
  rounds: number;
  concurrencies: number[];
  seconds: number;
  maxOrders: number;
}

/** So long after the hand-over the sandbox's carriers deliver: from then on deliveries run beside new orders. */
const DELIVERY_MS = 4000;
const LEAD_IN_MS: Record<Contender, number> = { a: 1000, b: 500, c: 1000 };
/** Transactions alone take so little time that a shorter window has orders enough. */
const WINDOW_SHARE: Record<Contender, number> = { a: 1, b: 0.4, c: 1 };

export interface Race {
  field: Field;
  plan: Plan;
  /** The processes whose CPU time is read, by name. */
  processes(): Record<string, number>;
  signal: AbortSignal;
  /** Told of each cell as soon as it is measured. */
  onCell(cell: Cell): void;
}

/** Measures every contender at every concurrency in every round; the contenders take turns at going first. */
export async function race(options: Race): Promise<Cell[]> {
  const { plan, onCell } = options;
  const cells: Cell[] = [];
  for (let round = 1; round <= plan.rounds; round += 1) {
    const first = (round - 1) % contenders.length;
    const order = [...contenders.slice(first), ...contenders.slice(0, first)];
    for (const concurrency of plan.concurrencies) {
      for (const contender of order) {
        const cell = await measureCell(options, round, contender, concurrency);
        cells.push(cell);
        onCell(cell);
      }
    }
  }
  return cells;
}

async function measureCell(
  { field, plan, processes, signal }: Race,
  round: number,
  contender: Contender,
  concurrency: number,
): Promise<Cell> {
  const { run, settle } = field[contender];
  const before = cpuNow(processes());
  const load = {
    concurrency,
    leadInMs: contender === 'c' && concurrency > 1 ? DELIVERY_MS : LEAD_IN_MS[contender],
    windowMs: plan.seconds * 1000 * WINDOW_SHARE[contender],
    maxOrders: plan.maxOrders,
    signal,
  };
  const measured = await applyLoad(load, run);
  await settle();
  const done = measured.begun - measured.failures.length;
  return { round, contender, concurrency, ...measured, cpu: cpuPerOrder(before, cpuNow(processes()), done) };
}

const cpuNow = (processes: Record<string, number>): CpuSeconds => {
  const { user, system } = process.cpuUsage();
  const others = cpuSeconds(processes);
  return others && { ...others, bench: (user + system) / 1e6 };
};

/** The rounds in one line: medians. */
export interface Summary extends Pick<Measured, 'perSecond' | 'p50Ms' | 'p95Ms' | 'counted'> {
  contender: Contender;
  concurrency: number;
  cpu: CpuSeconds;
}

/** How (c) stands to another contender: the median of the rounds' own ratios, since the machine changes between them. */
export interface Ratio {
  to: 'a' | 'b';
  concurrency: number;
  perSecond: number;
  p50: number;
  /** Of the CPU seconds an order of all processes together. */
  cpu: number;
}

/** The medians of a contender's cells at one concurrency. */
export function summarise(cells: readonly Cell[], contender: Contender, concurrency: number): Summary {
  const mine = cells.filter((cell) => cell.contender === contender && cell.concurrency === concurrency);
  const of = (pick: (cell: Cell) => number) => median(mine.map(pick));
  const names = mine.every(({ cpu }) => cpu !== undefined) ? Object.keys(mine[0]?.cpu ?? {}) : undefined;
  return {
    contender,
    concurrency,
    perSecond: of(({ perSecond }) => perSecond),
    p50Ms: of(({ p50Ms }) => p50Ms),
    p95Ms: of(({ p95Ms }) => p95Ms),
    counted: mine.reduce((total, { counted }) => total + counted, 0),
    cpu: names && Object.fromEntries(names.map((name) => [name, of(({ cpu }) => cpu?.[name] ?? NaN)])),
  };
}

/** The ratios c/a and c/b at one concurrency. */
export function ratiosOf(cells: readonly Cell[], concurrency: number): Ratio[] {
  const at = (contender: Contender, round: number) =>
    cells.find((cell) => cell.contender === contender && cell.concurrency === concurrency && cell.round === round);
  const rounds = [...new Set(cells.map(({ round }) => round))];
  return (['a', 'b'] as const).map((to) => {
    const ratio = (pick: (cell: Cell) => number) =>
      median(
        rounds.map((round) => {
          const [mine, other] = [at('c', round), at(to, round)];
          return mine === undefined || other === undefined ? NaN : pick(mine) / pick(other);
        }),
      );
    return {
      to,
      concurrency,
      perSecond: ratio(({ perSecond }) => perSecond),
      p50: ratio(({ p50Ms }) => p50Ms),
      cpu: ratio(({ cpu }) => totalCpu(cpu)),
    };
  });
}
