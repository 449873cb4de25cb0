import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Reads until what is read fulfils `condition`, and returns it.
 *
 * @param withinMs - the time after which it fails, telling what was read last
 * @param everyMs - how often it looks
 */
export async function eventually<T>(
  read: () => Promise<T> | T,
  condition: (value: T) => boolean,
  withinMs = 10_000,
  everyMs = 10,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const value = await read();
    if (condition(value)) return value;
    if (performance.now() > deadline) throw new Error(`not so within ${withinMs} ms; at last ${JSON.stringify(value)}`);
    await sleep(everyMs);
  }
}
