import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { messageOf, StackError } from './stack-error';

const LOG_LIMIT_BYTES = 20 * 1024 * 1024;

/** What an older version, or a tool, may have left open to others. */
const PRIVATE_FILE = /^(temporal\.db.*|stack\.json|.*\.log(\.1)?)$/;

/**
 * Makes the folder of the stack's data if it is missing, closes it and its logs to all but its owner, and sets aside
 * logs that have grown beyond 20 MiB. Throws a {@link StackError} if the folder cannot be used.
 */
export function prepareDataFolder(dataDir: string): void {
  try {
    makeFolder(path.join(dataDir, 'log'));
    for (const folder of [dataDir, path.join(dataDir, 'log')]) close(folder);
    for (const folder of [dataDir, path.join(dataDir, 'log')]) {
      accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
      const probe = path.join(folder, `.probe-${process.pid}`);
      writeFileSync(probe, '');
      rmSync(probe);
    }
    for (const name of readdirSync(path.join(dataDir, 'log'))) setAside(path.join(dataDir, 'log', name));
  } catch (error) {
    throw new StackError(
      `the data folder ${dataDir} cannot be used (${messageOf(error)}): make it writable, or set DATA_DIR to another`,
      { cause: error },
    );
  }
}

/** The file that takes a part's log. */
export const logFileOf = (dataDir: string, part: string): string => path.join(dataDir, 'log', `${part}.log`);

/** Step by step: Node's own recursive way never ends below a folder that takes no folders, such as /proc. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(path.dirname(folder));
  mkdirSync(folder, { mode: 0o700 });
}

/** A folder that everybody may write to, such as /tmp, is not ours to close; what we put into it is. */
function close(folder: string): void {
  const { mode } = statSync(folder);
  if ((mode & 0o002) === 0) chmodSync(folder, 0o700);
  for (const name of readdirSync(folder)) if (PRIVATE_FILE.test(name)) chmodSync(path.join(folder, name), 0o600);
}

function setAside(log: string): void {
  if (log.endsWith('.log') && statSync(log).size > LOG_LIMIT_BYTES) renameSync(log, `${log}.1`);
}
