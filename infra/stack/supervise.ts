import { setTimeout as sleep } from 'node:timers/promises';
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
  let running: RunningPart | undefined = await part.start(AbortSignal.any([signal, given.signal]));

  const keepAlive = async () => {
    let waitMs = firstMs;
    for (;;) {
      const startedMs = performance.now();
      const exit = running === undefined ? undefined : await running.exited;
      if (given.signal.aborted) return;
      if (exit !== undefined) {
        if (performance.now() - startedMs >= ranWellMs) waitMs = firstMs;
        report(`${part.name} ended (${describeExit(exit)}); starting it again in ${waitMs / 1000} s`);
      }
      running = undefined;
      await sleep(waitMs, undefined, { signal: given.signal });
      waitMs = Math.min(waitMs * 2, longestMs);
      try {
        running = await part.start(given.signal);
        report(`${part.name} runs again`);
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
  };
}
