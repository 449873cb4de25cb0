import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { stopPostgres } from '../../infra/stack/postgres';

/** Cleans up after a test run, however it ends. */
export interface Guard {
  /** Cleans up now and resolves when that is done. */
  release(): Promise<void>;
}

/**
 * Starts a process that outlives this one and stops the PostgreSQL in `dataDir` and removes `folder` as soon as this
 * process is gone: it reads a pipe, which the system closes even when the test run is killed.
 */
export function startGuard(folder: string, dataDir: string): Guard {
  const child = spawn(process.execPath, ['--import', 'tsx', __filename, folder, dataDir], {
    detached: true,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  child.unref();
  return {
    release: async () => {
      child.ref();
      const gone = once(child, 'exit') as Promise<[number | null]>;
      child.stdin.end();
      const [exitCode] = await gone;
      if (exitCode !== 0) throw new Error(`the test PostgreSQL in ${dataDir} could not be cleaned up`);
    },
  };
}

async function guard(folder: string, dataDir: string): Promise<void> {
  await once(process.stdin.resume(), 'end');
  await stopPostgres(dataDir);
  rmSync(folder, { recursive: true, force: true });
}

const [, script, folder, dataDir] = process.argv;
if (script === __filename && folder !== undefined && dataDir !== undefined) void guard(folder, dataDir);
