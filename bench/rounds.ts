import { cpuPerOrder, cpuSeconds, type CpuSeconds } from './cpu';
import { applyLoad, type Measured } from './load';

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
  /** Called with each cell as soon as it is measured. */
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
