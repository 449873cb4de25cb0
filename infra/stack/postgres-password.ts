import { spawn } from 'node:child_process';
import { databaseRoles } from '../database/address';
import { keepPasswords, newPasswords, readPasswords, type DatabasePasswords } from '../database/passwords';
import { ROOT } from './paths';
import type { PostgresAccount } from './postgres-account';
import { postgresCommand, postgresEnvironment } from './postgres-cluster';
import { StackError } from './stack-error';

/** The passwords for a cluster: those that the folder keeps, or new ones. */
export function passwordsFor(folder: string): { passwords: DatabasePasswords; known: boolean } {
  const kept = readPasswords(folder);
  return { passwords: kept ?? newPasswords(), known: kept !== undefined };
}

/**
 * Gives the superuser of a cluster that does not run the password, and then keeps all passwords in the folder: a
 * cluster of an older version has another one, and a file of passwords can be lost. Throws a {@link StackError}.
 */
export async function takeOverCluster(
  dataDir: string,
  account: PostgresAccount,
  folder: string,
  passwords: DatabasePasswords,
): Promise<void> {
  await alone(dataDir, account, `ALTER ROLE ${databaseRoles.superuser} PASSWORD '${passwords.superuser}'`);
  keepPasswords(folder, passwords);
}

/** Runs a statement in PostgreSQL's single-user mode, which asks for no password. */
async function alone(dataDir: string, account: PostgresAccount, statement: string): Promise<void> {
  const [program, where] = postgresCommand(dataDir);
  // This mode tells its errors to the log alone.
  const told = ['-c', 'log_min_messages=error', '-c', 'log_min_error_statement=panic'];
  const { command, args, ...identity } = account.command(program, ['--single', ...where, ...told, 'postgres']);
  const child = spawn(command, args, {
    ...identity,
    cwd: ROOT,
    env: postgresEnvironment(),
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  // Where it ends before it has read the statement, its exit code says so.
  child.stdin.on('error', () => undefined).end(`${statement}\n`);
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const reason = /(?:ERROR|FATAL|PANIC): +(.*)/.exec(said)?.[1];
  if (exitCode === 0 && reason === undefined) return;
  throw new StackError(
    `PostgreSQL does not start in ${dataDir}: ${reason ?? said.trim().split('\n').at(-1) ?? ''}; if that folder is ` +
      `damaged, restore it from a backup or move it away to begin anew`,
  );
}
