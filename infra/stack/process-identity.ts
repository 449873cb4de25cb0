import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process that is distinguished from a later one that was given the same number. */
export interface ProcessIdentity {
  pid: number;
  /** When it started, as the system says it; only good to compare. */
  startedAt: string;
}

/** The identity of a running process; undefined if there is none, or only its remains (a zombie). */
export function identify(pid: number): ProcessIdentity | undefined {
  const startedAt = process.platform === 'linux' ? startInProc(pid) : startByPs(pid);
  return startedAt === undefined ? undefined : { pid, startedAt };
}

/** Whether that very process still runs. */
export const isRunning = ({ pid, startedAt }: ProcessIdentity): boolean => identify(pid)?.startedAt === startedAt;

/** The command line of a process, its parts joined by spaces; empty if it cannot be read. */
export function commandLine(pid: number): string {
  try {
    if (process.platform !== 'linux') return ps(pid, 'command=');
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}

/** Waits until a process is gone; resolves to false if it still runs after `timeoutMs`. */
export async function untilGone(identity: ProcessIdentity, timeoutMs: number): Promise<boolean> {
  const endMs = performance.now() + timeoutMs;
  while (isRunning(identity)) {
    if (performance.now() > endMs) return false;
    await sleep(50);
  }
  return true;
}

/** Waits until not even the remains of a process are left; resolves to false if they are after `timeoutMs`. */
export async function untilCollected(pid: number, timeoutMs: number): Promise<boolean> {
  const endMs = performance.now() + timeoutMs;
  while (hasNumber(pid)) {
    if (performance.now() > endMs) return false;
    await sleep(50);
  }
  return true;
}

function hasNumber(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** Sends a signal; a process that is gone meanwhile is no error. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It is gone, or not ours to signal: either way whoever waits for its end finds out.
  }
}

/** Ticks since boot, with the boot's own id: both are in /proc/<pid>/stat's world. The name in it may hold spaces. */
function startInProc(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${fields[19] ?? ''}`;
  } catch {
    return undefined;
  }
}

function startByPs(pid: number): string | undefined {
  try {
    if (ps(pid, 'stat=').startsWith('Z')) return undefined;
    return ps(pid, 'lstart=') || undefined;
  } catch {
    return undefined;
  }
}

const ps = (pid: number, column: string): string =>
  execFileSync('ps', ['-o', column, '-p', String(pid)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
