import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { embeddedUrl } from '../database/address';
import { keepPasswords, type DatabasePasswords } from '../database/passwords';
import { startChild } from './child';
import { stopChild, untilReady, type RunningPart } from './part';
import { postgresAccount } from './postgres-account';
import {
  postgresBinary,
  postgresCommand,
  postgresEnvironment,
  prepareCluster,
  writeSettings,
} from './postgres-cluster';
import { isReady, stopPostgres } from './postgres-lock';
import { passwordsFor, takeOverCluster } from './postgres-password';

export { stopPostgres };

/**
 * Settings of the embedded server: one machine, many short transactions, no helper processes beyond need. People end
 * our worker by `pkill -9 -f worker`, and PostgreSQL restarts when a process of its own is killed so: hence few
 * processes of that name, and seldom.
 */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  max_connections: '200',
  io_method: 'sync',
  max_parallel_workers: '0',
  max_parallel_maintenance_workers: '0',
  max_logical_replication_workers: '0',
  autovacuum_naptime: '5min',
  unix_socket_directories: '',
  log_destination: 'stderr',
  log_line_prefix: '%m [%p] %a ',
  log_lock_waits: 'on',
  log_checkpoints: 'off',
  // No value of a row may stand in a log. Who asked for what is refused gets the error, and logs it without its values.
  log_min_messages: 'log',
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
  shared_buffers: '128MB',
};

/** Recovery after a crash may have to read a gigabyte of log. */
const READY_MS = 120_000;
const GRACE_MS = 20_000;

/** A running embedded PostgreSQL. */
export interface RunningPostgres extends RunningPart {
  passwords: DatabasePasswords;
  /** The superuser's connection string of one of its databases. */
  url(database: string): string;
  /** Stops the server, rolling back what is under way (PostgreSQL's "fast" mode). */
  stop(): Promise<void>;
}

export interface PostgresOptions {
  /** The folder of the cluster, made and initialised if it is missing. */
  dataDir: string;
  /** The folder that keeps the passwords, which are made if they are missing. */
  passwordFolder: string;
  port: number;
  /** The file that takes the server's log. */
  logFile: string;
  /** More settings; they override those of this module. */
  settings?: Record<string, string>;
  /** Whether the server is out of reach of the terminal's Ctrl-C. */
  detached?: boolean;
  /** Ends the start early. */
  signal?: AbortSignal | undefined;
  /** Called as soon as there is a process. */
  onStart?: ((pid: number) => void) | undefined;
}

/** Boots the embedded PostgreSQL on 127.0.0.1; resolves when it accepts connections, throws a `StackError` else. */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const { dataDir, passwordFolder, port, logFile, settings, detached = false, signal, onStart } = options;
  const account = postgresAccount(dataDir, postgresBinary('postgres'));
  const { passwords, known } = passwordsFor(passwordFolder);
  const isNew = await prepareCluster(dataDir, account, passwords.superuser);
  await stopPostgres(dataDir);
  writeSettings(dataDir, { ...SETTINGS, port: String(port), ...settings }, account);
  if (isNew) keepPasswords(passwordFolder, passwords);
  else if (!known) await takeOverCluster(dataDir, account, passwordFolder, passwords);
  mkdirSync(path.dirname(logFile), { recursive: true });
  const child = await startChild({
    ...account.command(...postgresCommand(dataDir)),
    env: postgresEnvironment(),
    logFile,
    detached,
    onStart,
  });
  const ready = async (waiting: AbortSignal) => {
    while (!isReady(dataDir, child.pid)) await sleep(20, undefined, { signal: waiting });
  };
  await untilReady(child, ready, {
    name: 'PostgreSQL',
    logFile,
    timeoutMs: READY_MS,
    stopSignal: 'SIGINT',
    signal,
    reasonIn: (log) => /(?:FATAL|PANIC): +(.*)/.exec(log)?.[1] ?? log.trim().split('\n').at(-1) ?? undefined,
    advice: `if ${dataDir} is damaged, restore it from a backup or move it away to begin anew`,
  });
  return {
    pid: child.pid,
    exited: child.exited,
    passwords,
    url: (database) => embeddedUrl({ port, role: 'superuser', passwords, database }),
    stop: () => stopChild(child, 'SIGINT', GRACE_MS),
    kill: () => child.signal('SIGQUIT'),
  };
}
