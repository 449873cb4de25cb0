import { startChild } from './child';
import { stopChild, untilReady, type RunningPart } from './part';

const READY_MS = 60_000;
/** Longer than the processes themselves take to drain. */
const GRACE_MS = 30_000;

/** A process of Consign's own. */
export interface Service {
  /** The name of its log and of its entry in `stack.json`. */
  part: 'worker' | 'api';
  /** How it is called at the terminal. */
  title: string;
  /** Its entry, from the project's folder. */
  script: string;
}

export const services: Service[] = [
  { part: 'worker', title: 'the worker', script: 'workers/worker.ts' },
  { part: 'api', title: 'the API', script: 'api/server.ts' },
];

export interface ServiceOptions {
  env: NodeJS.ProcessEnv;
  logFile: string;
  signal?: AbortSignal | undefined;
  onStart?: ((pid: number) => void) | undefined;
}

/** Starts a process of Consign's; resolves when it has said that it is ready. It stops by itself when we are gone. */
export async function startService({ title, script }: Service, options: ServiceOptions): Promise<RunningPart> {
  const { env, logFile, signal, onStart } = options;
  const child = await startChild({
    command: process.execPath,
    args: ['--import', 'tsx', script],
    env,
    logFile,
    detached: true,
    ipc: true,
    onStart,
  });
  const how = { name: title, logFile, timeoutMs: READY_MS, stopSignal: 'SIGTERM' as const, signal, reasonIn };
  await untilReady(child, () => child.announced, how);
  return {
    pid: child.pid,
    exited: child.exited,
    stop: () => stopChild(child, 'SIGTERM', GRACE_MS),
    kill: () => child.signal('SIGKILL'),
  };
}

/** The last thing that a process logs before it ends says why; before it can log, Node says it. */
function reasonIn(log: string): string | undefined {
  const lines = log.trim().split('\n').reverse();
  for (const line of lines) {
    if (!line.startsWith('{"level":"fatal"')) continue;
    const { msg, err } = JSON.parse(line) as { msg?: string; err?: { message?: string } };
    return [msg, err?.message?.split('\n')[0]].filter(Boolean).join(': ');
  }
  return lines.find((line) => /^\w*Error\b/.test(line));
}
