import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { stopPostgres } from '../../infra/stack/postgres';
import { kill } from './kill';

/** Cleans up after a test run, however it ends. */
export interface Guard {
  /** Makes a process one of those that are killed at the end. */
  alsoKill(pid: number): void;
  /** Cleans up now and resolves when that is done. */
  release(): Promise<void>;
}

/** The folder of PostgreSQL inside the run's folder. */
export const POSTGRES_FOLDER = 'postgres';

/**
 * Starts a process that outlives this one and, as soon as this process is gone, kills what it was told of, stops the
 * PostgreSQL in `folder` and removes `folder`. It reads a pipe, which the system closes even when the test run is killed.
 */
export function startGuard(folder: string): Guard {
  const child = spawn(process.execPath, ['--import', 'tsx', __filename, folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  child.unref();
  return {
    alsoKill: (pid) => child.stdin.write(`${pid}\n`),
    release: async () => {
      child.ref();
      const gone = once(child, 'exit') as Promise<[number | null]>;
      child.stdin.end();
      const [exitCode] = await gone;
      if (exitCode !== 0) throw new Error(`the parts of the test run in ${folder} could not be cleaned up`);
    },
  };
}

async function guard(folder: string): Promise<void> {
  const pids: number[] = [];
  for await (const line of createInterface(process.stdin)) pids.push(Number(line));
  for (const pid of pids) kill(pid);
  const dataDir = path.join(folder, POSTGRES_FOLDER);
  if (existsSync(dataDir)) await stopPostgres(dataDir);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

const [, script, folder] = process.argv;
if (script === __filename && folder !== undefined) void guard(folder);
