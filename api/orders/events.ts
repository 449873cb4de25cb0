import { isAtRest } from '../../domain/order-status';
import type { ApiDependencies } from '../dependencies';
import { unavailable } from '../http/problem';
import type { StreamEvent } from '../http/route';
import { findTimeline } from './books';
import { toTimelineItem } from './timeline';

/** Throws the problem `unavailable` where this process watches as many orders as it can. */
export function refuseWhenFull({ watcher }: ApiDependencies): void {
  if (watcher.full) throw unavailable('too many streams are open here; try again soon');
}

/**
 * The changes of an order after the timeline entry `after`, each as soon as it is seen; ends when the order is at rest
 * and all is told, when the client has gone, or when the process stops.
 */
export async function* changesOf(
  { database, watcher, limits }: ApiDependencies,
  orderId: string,
  after: bigint,
  gone: AbortSignal,
): AsyncGenerator<StreamEvent> {
  const signal = AbortSignal.any([gone, watcher.stopped]);
  let last = after;
  while (!signal.aborted) {
    const told = last;
    const sighting = await watcher.until(orderId, ({ status, lastEntry }) => lastEntry > told || isAtRest(status), {
      timeoutMs: limits.keepAliveMs,
      signal,
    });
    if (!sighting) {
      yield { comment: 'still here' };
      continue;
    }
    for (const entry of await findTimeline(database, orderId, last)) {
      last = entry.id;
      yield { id: String(entry.id), event: 'timeline', data: toTimelineItem(entry) };
    }
    if (isAtRest(sighting.status)) return;
  }
}
