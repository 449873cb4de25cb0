import { setTimeout as sleep } from 'node:timers/promises';
import type { Child, Exit } from './child';
import { StackError } from './stack-error';

/** A part of the stack that runs: ready when it is handed out. */
export interface RunningPart {
  pid: number;
  exited: Promise<Exit>;
  /** Drains it and resolves when it is gone. */
  stop(): Promise<void>;
  /** Ends it at once, for somebody who cannot wait; what it holds is safe all the same. */
  kill(): void;
}

export interface Readiness {
  /** How the part is called at the terminal. */
  name: string;
  logFile: string;
  timeoutMs: number;
  signal?: AbortSignal | undefined;
  /** The reason why it ended too early, found in what it logged. */
  reasonIn(log: string): string | undefined;
  /** What to do about it. */
  advice?: string;
  /** How the child is asked to stop. */
  stopSignal: NodeJS.Signals;
}

/**
 * Waits until a child is ready. If it ends before, takes too long or is no longer wanted, it is ended and the
 * reason thrown: a {@link StackError}, or the signal's own.
 */
export async function untilReady(child: Child, ready: (signal: AbortSignal) => Promise<void>, how: Readiness) {
  const { name, logFile, timeoutMs, signal: unwanted } = how;
  const waiting = new AbortController();
  const timeout = sleep(timeoutMs, undefined, { signal: waiting.signal, ref: false }).then(() => {
    throw new StackError(`${name} was not ready after ${timeoutMs / 1000} s; see ${logFile}`);
  });
  const ended = child.exited.then(() => {
    const reason = how.reasonIn(child.log()) ?? 'it ended at once';
    throw new StackError(
      [`${name} does not start: ${reason}`, `its log is ${logFile}`, how.advice].filter(Boolean).join('; '),
    );
  });
  const aborted = new Promise<never>((_, reject) => {
    const stop = () => reject(unwanted?.reason as Error);
    if (unwanted?.aborted === true) stop();
    unwanted?.addEventListener('abort', stop, { once: true, signal: waiting.signal });
  });
  try {
    await Promise.race([ready(waiting.signal), timeout, ended, aborted]);
  } catch (error) {
    await stopChild(child, how.stopSignal, UNREADY_GRACE_MS);
    throw error;
  } finally {
    waiting.abort();
    for (const left of [timeout, ended]) left.catch(() => undefined);
  }
}

const UNREADY_GRACE_MS = 10_000;

/** Asks a child to stop by a signal, and ends it if it has not after `graceMs`. */
export async function stopChild(child: Child, ask: NodeJS.Signals, graceMs: number): Promise<void> {
  child.signal(ask);
  const waiting = new AbortController();
  const late = sleep(graceMs, undefined, { signal: waiting.signal }).then(
    () => child.signal('SIGKILL'),
    () => undefined,
  );
  await child.exited;
  waiting.abort();
  await late;
}
