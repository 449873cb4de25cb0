import { commandLine, isRunning, signal, untilGone } from './process-identity';
import type { PartProcess } from './stack-record';

const GRACE_MS = 10_000;

/** PostgreSQL's way to stop without waiting for its clients. */
const stopSignal = (part: string): NodeJS.Signals => (part === 'postgres' ? 'SIGINT' : 'SIGTERM');

/**
 * Stops what an earlier stack left running after its launcher was killed, in the order of a clean stop. A process that
 * is not provably the one that was noted, by its start and its command line, is left alone.
 *
 * @returns the parts that were stopped
 */
export async function stopLeftovers(parts: Record<string, PartProcess>, order: readonly string[]): Promise<string[]> {
  const stopped: string[] = [];
  for (const part of order) {
    const left = parts[part];
    if (left === undefined || !isRunning(left) || !commandLine(left.pid).includes(left.command)) continue;
    signal(left.pid, stopSignal(part));
    if (!(await untilGone(left, GRACE_MS))) signal(left.pid, 'SIGKILL');
    await untilGone(left, GRACE_MS);
    stopped.push(part);
  }
  return stopped;
}
