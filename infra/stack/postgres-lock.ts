import { readFileSync, readlinkSync, rmSync } from 'node:fs';
import path from 'node:path';
import { commandLine, identify, signal, untilCollected, untilGone } from './process-identity';
import { StackError } from './stack-error';

const STOP_MS = 30_000;
const COLLECTED_MS = 5000;

/**
 * Stops the server of a cluster, whoever started it; does nothing if none runs. What a machine's crash has left in
 * `postmaster.pid` is removed, because its number may by now be another process's.
 */
export async function stopPostgres(dataDir: string): Promise<void> {
  const pid = postmasterPid(dataDir);
  if (pid === undefined) return;
  const server = identify(pid);
  if (server === undefined) {
    // PostgreSQL takes the remains of a killed server, which its parent has yet to collect, for one that runs.
    if (!(await untilCollected(pid, COLLECTED_MS))) removeLock(dataDir);
    return;
  }
  if (!serves(pid, dataDir)) {
    removeLock(dataDir);
    return;
  }
  signal(pid, 'SIGINT');
  if (!(await untilGone(server, STOP_MS))) {
    throw new StackError(`the PostgreSQL in ${dataDir} (pid ${pid}) does not stop: end it with kill -QUIT ${pid}`);
  }
}

/** Whether the server says of itself that it accepts connections. */
export function isReady(dataDir: string, pid: number): boolean {
  const lines = lockFile(dataDir);
  return lines[0]?.trim() === String(pid) && lines[7]?.trim() === 'ready';
}

const removeLock = (dataDir: string): void => rmSync(path.join(dataDir, 'postmaster.pid'), { force: true });

function postmasterPid(dataDir: string): number | undefined {
  const pid = Number(lockFile(dataDir)[0]);
  return Number.isInteger(pid) && pid > 1 ? pid : undefined;
}

function lockFile(dataDir: string): string[] {
  try {
    return readFileSync(path.join(dataDir, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return [];
  }
}

/** A server works in its data folder; if the system doesn't show that, its name must do. */
function serves(pid: number, dataDir: string): boolean {
  if (!commandLine(pid).includes('postgres')) return false;
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === path.resolve(dataDir);
  } catch {
    return process.platform !== 'linux';
  }
}
