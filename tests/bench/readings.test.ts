import { cpuPerOrder, cpuSeconds, parseStat, totalCpu } from '../../bench/cpu';
import { commandOptions, readOptions, usage } from '../../bench/options';
import { readCommandLine, UsageError } from '../../infra/command-line.mjs';
import type { Cell, Contender } from '../../bench/rounds';
import { countIn, perOrder } from '../../bench/statements';
import { ratiosOf, summarise } from '../../bench/summary';

const cell = (round: number, contender: Contender, perSecond: number, p50Ms: number): Cell => ({
  ...{ round, contender, concurrency: 1, perSecond, p50Ms, p95Ms: 2 * p50Ms, counted: 10, begun: 10, failures: [] },
  cpu: { api: perSecond / 100, bench: 0.01 },
});

const cells = [
  ...[cell(1, 'a', 10, 100), cell(1, 'b', 100, 10), cell(1, 'c', 20, 50)],
  ...[cell(2, 'a', 30, 40), cell(2, 'b', 300, 4), cell(2, 'c', 45, 20)],
  ...[cell(3, 'a', 20, 50), cell(3, 'b', 200, 5), cell(3, 'c', 20, 50)],
];

test('summarises rounds by their medians', () => {
  expect(summarise(cells, 'a', 1)).toMatchObject({ perSecond: 20, p50Ms: 50, p95Ms: 100, counted: 30 });
  expect(summarise(cells, 'a', 1).cpu).toEqual({ api: 0.2, bench: 0.01 });
});

test('compares contenders round by round, since the machine changes between rounds', () => {
  const [toEmpty, toTransactions] = ratiosOf(cells, 1);
  expect(toEmpty).toMatchObject({ to: 'a', perSecond: 1.5, p50: 0.5 });
  expect(toTransactions).toMatchObject({ to: 'b', perSecond: 0.15, p50: 5 });
});

test('counts statements by connection, over several lines, without those that frame transactions', () => {
  const at = '2026-01-31 09:00:00.123 UTC';
  const log = [
    `${at} [11] api LOG:  statement: BEGIN`,
    `${at} [11] api LOG:  execute <unnamed>: `,
    '\t      INSERT INTO orders.orders',
    '\t      VALUES ($1)',
    `${at} [11] api LOG:  statement: COMMIT`,
    `${at} [12] worker LOG:  execute s1: SELECT 1`,
    `${at} [12] worker LOG:  execute s1: SELECT 1`,
    `${at} [13] verify-books LOG:  statement: SELECT 2`,
    `${at} [12] worker ERROR:  deadlock detected`,
  ].join('\n');
  expect(countIn(log, ['verify-books'])).toEqual({
    statements: { api: 1, worker: 2 },
    texts: { 'api: INSERT INTO orders.orders VALUES ($1)': 1, 'worker: SELECT 1': 2 },
    control: 2,
  });
});

test('takes away what goes on without any order', () => {
  const busy = { statements: { api: 30, sandbox: 50 }, texts: {}, control: 20, commits: 10, seconds: 5 };
  const idle = { statements: { sandbox: 8 }, texts: {}, control: 0, commits: 0, seconds: 2 };
  expect(perOrder(busy, idle, 10)).toMatchObject({
    statements: 6,
    byConnection: { api: 3, sandbox: 3 },
    control: 2,
    commits: 1,
  });
});

test('reads parent and CPU time behind a name with spaces and brackets', () => {
  const fields = ['S', 42, ...Array.from({ length: 9 }, () => 0), 5, 6, 7, 8, 20, 0];
  expect(parseStat(`41 (tsx (a b) c) ${fields.join(' ')}`)).toEqual({ parent: 42, ticks: 26 });
  expect(parseStat('')).toBeUndefined();
});

test('knows the CPU time of a process where the system tells it', () => {
  const used = cpuSeconds({ ours: process.pid });
  if (process.platform === 'linux') expect(used?.['ours']).toBeGreaterThan(0);
  else expect(used).toBeUndefined();
  expect(cpuPerOrder({ api: 1 }, { api: 3, worker: 2 }, 4)).toEqual({ api: 0.5, worker: 0.5 });
  expect(totalCpu(undefined)).toBe(NaN);
});

test('reads its command line, and says what is wrong with it', () => {
  const read = (args: string[]) => readOptions(readCommandLine({ usage, options: commandOptions }, args)!.values);
  expect(read(['--rounds', '2', '--concurrency', '5,25'])).toMatchObject({ rounds: 2, concurrencies: [5, 25] });
  expect(read(['--quick'])).toMatchObject({ rounds: 1, seconds: 2, concurrencies: [1, 10] });
  for (const wrong of [['--rounds', '0'], ['--concurrency', '1,many'], ['--fast']]) {
    expect(() => read(wrong)).toThrow(UsageError);
  }
});
