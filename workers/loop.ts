import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../infra/logger';
import type { Running } from '../infra/process';

/**
 * Runs a task again and again with a pause in between, never two at once. A failure is logged, and the next turn comes
 * all the same. `stop` lets the turn under way end.
 */
export function startLoop(name: string, pauseMs: number, logger: Logger, turn: () => Promise<void>): Running {
  const stopped = new AbortController();
  const ended = (async () => {
    while (!stopped.signal.aborted) {
      try {
        await turn();
      } catch (error) {
        logger.warn({ err: error, loop: name }, 'a turn failed; the next comes all the same');
      }
      await delay(pauseMs, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  })();
  return {
    stop: () => {
      stopped.abort();
      return ended;
    },
  };
}
