import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** CPU seconds used so far, by the name of the process; undefined if the system doesn't say. */
export type CpuSeconds = Record<string, number> | undefined;

interface Stat {
  parent: number;
  ticks: number;
}

let ticksPerSecond: number | undefined;

/**
 * The CPU seconds, user and system, of processes and all that descends from them, the ended ones included that were
 * waited for; by name. Read from `/proc`: undefined on other systems than Linux.
 */
export function cpuSeconds(processes: Record<string, number>): CpuSeconds {
  if (process.platform !== 'linux') return undefined;
  ticksPerSecond ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  const stats = readStats();
  const children = new Map<number, number[]>();
  for (const [pid, { parent }] of stats) children.set(parent, [...(children.get(parent) ?? []), pid]);
  const ticksOf = (pid: number): number =>
    (children.get(pid) ?? []).reduce((total, child) => total + ticksOf(child), stats.get(pid)?.ticks ?? 0);
  const perSecond = ticksPerSecond;
  return Object.fromEntries(Object.entries(processes).map(([name, pid]) => [name, ticksOf(pid) / perSecond]));
}

/** What was used between two readings, for each order. */
export function cpuPerOrder(before: CpuSeconds, after: CpuSeconds, orders: number): CpuSeconds {
  if (before === undefined || after === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(after).map(([name, seconds]) => [name, (seconds - (before[name] ?? 0)) / orders]),
  );
}

/** All processes together; NaN if the system doesn't say. */
export const totalCpu = (cpu: CpuSeconds): number =>
  cpu === undefined ? NaN : Object.values(cpu).reduce((total, seconds) => total + seconds, 0);

function readStats(): Map<number, Stat> {
  const stats = new Map<number, Stat>();
  for (const name of readdirSync('/proc')) {
    if (!/^[0-9]+$/.test(name)) continue;
    const stat = parseStat(textOf(`/proc/${name}/stat`));
    if (stat !== undefined) stats.set(Number(name), stat);
  }
  return stats;
}

/** The parent and the CPU ticks of a line of `/proc/<pid>/stat` (proc_pid_stat(5)); the name in it may hold spaces. */
export function parseStat(line: string): Stat | undefined {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  if (fields.length < 15) return undefined;
  const [utime, stime, cutime, cstime] = fields.slice(11, 15).map(Number);
  return { parent: Number(fields[1]), ticks: (utime ?? 0) + (stime ?? 0) + (cutime ?? 0) + (cstime ?? 0) };
}

/** A process may end between the listing and the reading. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
