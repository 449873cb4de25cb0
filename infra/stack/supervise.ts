import { setTimeout as sleep } from 'node:timers/promises';
import { firstOf } from '../abort';
import { describeExit } from './child';
import type { RunningPart } from './part';
import { messageOf } from './stack-error';

/** How long a part that ended is waited for before it is started again. */
export interface RestartWaits {
  firstMs: number;
  /** Waits double up to this. */
  longestMs: number;
  /** Waits begin anew with a part that has run so long. */
  ranWellMs: number;
}

const WAITS: RestartWaits = { firstMs: 1000, longestMs: 30_000, ranWellMs: 60_000 };

/** A part of the stack that is started again whenever it ends by itself. */
export interface Supervised {
  name: string;
  /** Drains the part for good. */
  stop(): Promise<void>;
  /** Ends the part at once, for good. */
  kill(): void;
  /** Drains the part and starts it anew, at once; one that is being waited for is started without waiting any longer. */
  restart(): Promise<void>;
}

export interface PartPlan {
  /** How the part is called at the terminal. */
  name: string;
  /** Starts it and resolves when it is ready. */
  start(signal: AbortSignal): Promise<RunningPart>;
}

/**
 * Starts a part, and starts it again after a wait of 1 s whenever it ends; waits double up to 30 s, and begin anew once
 * it has run for a minute. Each end and each new start is a line for `report`. Throws what the first start throws.
 */
export async function supervise(
  part: PartPlan,
  report: (line: string) => void,
  signal: AbortSignal,
  { firstMs, longestMs, ranWellMs }: RestartWaits = WAITS,
): Promise<Supervised> {
  const given = new AbortController();
  let running: RunningPart | undefined = await part.start(signal);

  /** Aborted to start the part anew; then replaced. */
  let anew = new AbortController();

  const wait = async (waitMs: number) => {
    const enough = firstOf([given.signal, anew.signal]);
    await sleep(waitMs, undefined, { signal: enough.signal }).catch(() => undefined);
    enough.release();
    given.signal.throwIfAborted();
  };

  const keepAlive = async () => {
    let waitMs = firstMs;
    for (;;) {
      const startedMs = performance.now();
      const exit = running === undefined ? undefined : await running.exited;
      if (given.signal.aborted) return;
      if (exit !== undefined && !anew.signal.aborted) {
        if (performance.now() - startedMs >= ranWellMs) waitMs = firstMs;
        report(`${part.name} ended (${describeExit(exit)}); starting it again in ${waitMs / 1000} s`);
      }
      running = undefined;
      await wait(waitMs);
      waitMs = anew.signal.aborted ? firstMs : Math.min(waitMs * 2, longestMs);
      anew = new AbortController();
      const asked = anew.signal;
      try {
        running = await part.start(given.signal);
        report(`${part.name} runs again`);
        // What it runs may be older than what it was asked to run meanwhile.
        if (asked.aborted) await running.stop();
      } catch (error) {
        given.signal.throwIfAborted();
        report(`${messageOf(error)}; trying again in ${waitMs / 1000} s`);
      }
    }
  };
  // The only way out of the loop is that the part is not restarted any more, which aborts its waits.
  const done = keepAlive().catch(() => undefined);
  return {
    name: part.name,
    stop: async () => {
      given.abort();
      await running?.stop();
      await done;
    },
    kill: () => {
      given.abort();
      running?.kill();
    },
    restart: async () => {
      anew.abort();
      await running?.stop();
    },
  };
}
