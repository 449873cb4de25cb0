import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, statSync } from 'node:fs';
import path from 'node:path';
import { StackError } from './stack-error';

/** The account that runs PostgreSQL's programs, which refuse to run as root. */
export interface PostgresAccount {
  /** Whom the cluster's files must belong to; undefined if that is us. */
  owner: { uid: number; gid: number } | undefined;
  /** Makes a command one that the account runs. */
  command(program: string, args: string[]): { command: string; args: string[]; uid?: number; gid?: number };
}

/** One of its own if the system has it; the other is on every system. */
const NAMES = ['postgres', 'nobody'];

/**
 * The account for a cluster's folder: ours, or if we are root, the folder's owner, or for a new one `postgres` or
 * `nobody`, whose group is then let through the folder of our data, and through that alone. If that account cannot reach
 * the cluster or the program, because a folder above is closed to all but root, it gets the capability to pass; throws a
 * {@link StackError} if the system cannot give it.
 */
export function postgresAccount(cluster: string, program: string): PostgresAccount {
  if (process.getuid?.() !== 0) return { owner: undefined, command: (command, args) => ({ command, args }) };
  const owner = ownerOf(cluster) ?? named();
  letThrough(path.dirname(cluster), owner);
  const closed = [cluster, program].flatMap(foldersAbove).find((folder) => !maySearch(folder, owner));
  if (closed === undefined) return { owner, command: (command, args) => ({ command, args, ...owner }) };
  const prefix = [
    // Without this bit, access(2), by which PostgreSQL looks for its own programs, disregards the capability.
    ...['--securebits', '+no_setuid_fixup'],
    ...['--reuid', String(owner.uid), '--regid', String(owner.gid), '--clear-groups'],
    ...['--inh-caps', '+dac_override', '--ambient-caps', '+dac_override'],
  ];
  if (!succeeds('setpriv', [...prefix, 'test', '-x', program])) {
    throw new StackError(
      `PostgreSQL does not run as root, and the user it runs as (uid ${owner.uid}) cannot reach ${closed}: run ` +
        `"chmod o+x ${closed}", set DATA_DIR to a folder that everybody can reach, or be another user than root`,
    );
  }
  return { owner, command: (program, args) => ({ command: 'setpriv', args: [...prefix, program, ...args] }) };
}

/** Gives a file or folder to the account. */
export function giveTo({ owner }: PostgresAccount, file: string): void {
  if (owner) chownSync(file, owner.uid, owner.gid);
}

/** Passing through a folder shows nothing of it; the files in it stay closed. */
function letThrough(folder: string, owner: { uid: number; gid: number }): void {
  const found = statSync(folder, { throwIfNoEntry: false });
  if (found?.uid !== 0 || maySearch(folder, owner)) return;
  chownSync(folder, 0, owner.gid);
  chmodSync(folder, (found.mode & 0o700) | 0o010);
}

function ownerOf(cluster: string): { uid: number; gid: number } | undefined {
  const found = statSync(cluster, { throwIfNoEntry: false });
  return found === undefined || found.uid === 0 ? undefined : { uid: found.uid, gid: found.gid };
}

function named(): { uid: number; gid: number } {
  for (const name of NAMES) {
    try {
      const [uid, gid] = ['-u', '-g'].map((flag) =>
        Number(execFileSync('id', [flag, name], { stdio: ['ignore', 'pipe', 'ignore'] })),
      );
      if (uid && gid !== undefined) return { uid, gid };
    } catch {
      // There is no such user here; the next name may be one.
    }
  }
  throw new StackError('PostgreSQL does not run as root: run npm start as another user');
}

function foldersAbove(file: string): string[] {
  const parent = path.dirname(file);
  return parent === file ? [] : [...foldersAbove(parent), parent];
}

function maySearch(folder: string, { uid, gid }: { uid: number; gid: number }): boolean {
  const found = statSync(folder, { throwIfNoEntry: false });
  if (found === undefined) return true;
  if (found.uid === uid) return (found.mode & 0o100) !== 0;
  if (found.gid === gid) return (found.mode & 0o010) !== 0;
  return (found.mode & 0o001) !== 0;
}

function succeeds(command: string, args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
