import { totalCpu, type CpuSeconds } from './cpu';
import type { Measured } from './load';
import type { Cell, Contender } from './rounds';
import { median } from './statistics';

/** The rounds in one line: medians. */
export interface Summary extends Pick<Measured, 'perSecond' | 'p50Ms' | 'p95Ms' | 'counted'> {
  contender: Contender;
  concurrency: number;
  cpu: CpuSeconds;
}

/** How (c) stands to another contender: the median of the rounds' own ratios, because the machine changes between them. */
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
