import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startChild } from './child';
import { stopChild, untilReady, type RunningPart } from './part';
import { short } from './paths';
import { answers } from './ports';

/** Of the server's pollers: its default of 20 tasks a second adds 40 ms to each of an idle server's tasks. */
const POLLS_A_SECOND = 2000;
const SETTINGS = {
  'history.transferProcessorMaxPollRPS': POLLS_A_SECOND,
  'history.timerProcessorMaxPollRPS': POLLS_A_SECOND,
  'history.visibilityProcessorMaxPollRPS': POLLS_A_SECOND,
  'matching.numTaskqueueReadPartitions': 1,
  'matching.numTaskqueueWritePartitions': 1,
};

/** Flags that make the development server quick on one machine. */
export const dynamicConfig = Object.entries(SETTINGS).flatMap(([key, value]) => [
  '--dynamic-config-value',
  `${key}=${value}`,
]);

/** The speed of memory, and safe from a killed process; a power failure may lose the last moments. */
const SQLITE = ['journal_mode=wal', 'synchronous=normal'];

const READY_MS = 60_000;
const GRACE_MS = 10_000;

export interface TemporalOptions {
  /** The Temporal CLI. */
  binary: string;
  /** The folder of its database. */
  dataDir: string;
  port: number;
  uiPort: number;
  namespace: string;
  logFile: string;
  detached: boolean;
  signal?: AbortSignal | undefined;
  onStart?: ((pid: number) => void) | undefined;
}

/** Starts Temporal's development server with its UI on 127.0.0.1; resolves when its port answers. */
export async function startTemporal(options: TemporalOptions): Promise<RunningPart> {
  const { binary, dataDir, port, logFile, detached, signal, onStart } = options;
  const file = path.join(dataDir, 'temporal.db');
  const child = await startChild({
    command: short(binary),
    args: ['server', 'start-dev', ...flags(options, file)],
    env: environment(),
    logFile,
    detached,
    onStart,
  });
  const ready = async (waiting: AbortSignal) => {
    while (!(await answers(port))) await sleep(50, undefined, { signal: waiting });
  };
  await untilReady(child, ready, {
    name: 'Temporal',
    logFile,
    timeoutMs: READY_MS,
    stopSignal: 'SIGTERM',
    signal,
    reasonIn: (log) => /(?:error|failed|unable)[^"\n]*/i.exec(log)?.[0] ?? log.trim().split('\n').at(-1),
    advice: `if ${file} is damaged, restore it from a backup or move it and its -wal and -shm away to begin anew`,
  });
  return {
    pid: child.pid,
    exited: child.exited,
    stop: () => stopChild(child, 'SIGTERM', GRACE_MS),
    kill: () => child.signal('SIGKILL'),
  };
}

function flags({ port, uiPort, namespace }: TemporalOptions, file: string): string[] {
  return [
    ...['--ip', '127.0.0.1', '--port', String(port), '--ui-ip', '127.0.0.1', '--ui-port', String(uiPort)],
    ...['--db-filename', short(file), '--log-level', 'warn', '--log-format', 'json', '--ui-disable-news-fetch'],
    ...SQLITE.flatMap((pragma) => ['--sqlite-pragma', pragma]),
    ...dynamicConfig,
    ...(namespace === 'default' ? [] : ['--namespace', namespace]),
  ];
}

/** The user's settings for Temporal's clients are not meant for this server. */
const environment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL_')));
