import { heartbeat, log } from '@temporalio/activity';

/** The most that is read at once; what a sweep leaves is the first that the next one takes. */
export const MOST_AT_ONCE = 500;

/** How often a sweep shows that it is alive: a worker that died with it is noticed within seconds. */
const BEAT_MS = 2000;

/** The moment that lies an age ago. */
export const before = (ageMs: number): Date => new Date(Date.now() - ageMs);

/** Does `task` for each item and returns how many there were; one that fails is left for the next sweep. */
export async function eachOf<T>(items: readonly T[], task: (item: T) => Promise<unknown>): Promise<number> {
  for (const item of items) {
    try {
      await task(item);
    } catch (error) {
      log.warn('left for the next sweep', { item, error: error instanceof Error ? error.message : String(error) });
    }
  }
  return items.length;
}

type Sweeps = Record<string, () => Promise<number>>;

/** The same sweeps, which show that they are alive while they run. */
export function alive<S extends Sweeps>(sweeps: S): S {
  const living = Object.entries(sweeps).map(([name, sweep]) => [
    name,
    async () => {
      const beat = setInterval(() => heartbeat(), BEAT_MS);
      try {
        return await sweep();
      } finally {
        clearInterval(beat);
      }
    },
  ]);
  return Object.fromEntries(living) as S;
}
