import { spawn } from 'node:child_process';
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { messageOf, StackError } from './stack-error';
import { ROOT } from './paths';

/** How a process ended. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface ChildOptions {
  command: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  /** Takes the child's output, at its end. */
  logFile: string;
  /**
   * Gives the child a process group of its own, out of reach of the terminal's Ctrl-C. A child that is not detached
   * keeps nobody waiting: a script that forgets to stop it can end.
   */
  detached: boolean;
  /** Gives the child a channel to us, by which it learns of our end. */
  ipc?: boolean;
  /** Called as soon as there is a process. */
  onStart?: ((pid: number) => void) | undefined;
  uid?: number | undefined;
  gid?: number | undefined;
}

/** A child process. */
export interface Child {
  pid: number;
  /** Resolves when it has ended. */
  exited: Promise<Exit>;
  /** Resolves when it has said by its channel that it is ready. */
  announced: Promise<void>;
  signal(name: NodeJS.Signals): void;
  /** What it has written to its log since it was started. */
  log(): string;
}

/**
 * Starts a child process in the project's folder; only its owner can read its log and the files that it makes. Throws
 * a {@link StackError} if it cannot be run at all, and what `onStart` throws; no process is left then.
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  const { command, args, env, logFile, detached, uid, gid } = options;
  const logStart = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
  const child = withPrivateFiles(() => {
    const output = openSync(logFile, 'a');
    const started = spawn(command, args, {
      cwd: ROOT,
      env,
      detached,
      stdio: ['ignore', output, output, ...(options.ipc === true ? ['ipc' as const] : [])],
      ...(uid === undefined ? {} : { uid }),
      ...(gid === undefined ? {} : { gid }),
    });
    closeSync(output);
    return started;
  });
  if (!detached) child.unref();
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  const announced = new Promise<void>((resolve) => {
    child.on('message', (message) => {
      if (typeof message === 'object' && 'ready' in message) resolve();
    });
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) => reject(new StackError(`${command} cannot be run: ${messageOf(error)}`)));
  });
  const pid = child.pid as number;
  try {
    options.onStart?.(pid);
  } catch (error) {
    // Nobody could stop a process that is not reported.
    child.kill('SIGKILL');
    await exited;
    throw error;
  }
  return {
    pid,
    exited,
    announced,
    signal: (name) => child.kill(name),
    log: () => readFrom(logFile, logStart),
  };
}

/** What is made meanwhile, and by a child that is started meanwhile, only its owner can read. */
function withPrivateFiles<T>(work: () => T): T {
  const before = process.umask(0o077);
  try {
    return work();
  } finally {
    process.umask(before);
  }
}

/** How a process ended, in words. */
export const describeExit = ({ code, signal }: Exit): string =>
  signal === null ? `exit code ${String(code)}` : `signal ${signal}`;

const LOG_READ_BYTES = 64 * 1024;

/** A log's text from a place on, at most its last 64 KiB. */
function readFrom(file: string, start: number): string {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  const from = Math.max(start, size - LOG_READ_BYTES);
  if (size <= from) return '';
  const buffer = Buffer.alloc(size - from);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, buffer, 0, buffer.length, from);
  } finally {
    closeSync(descriptor);
  }
  return buffer.toString('utf8');
}
