import { z } from 'zod';
import { isAtRest } from '../../domain/order-status';
import type { ApiDependencies } from '../dependencies';
import { anyRole } from '../http/parameters';
import { unavailable } from '../http/problem';
import { route, type Route, type StreamEvent } from '../http/route';
import type { Actor, Role } from '../access/tokens';
import { tooMany } from '../access/too-many';
import { findTimeline, findVisible } from './find';
import { orderParams } from './parameters';
import { timelineItem, toTimelineItem } from './timeline';

const RETRY_STREAM_S = 10;

/** Throws a problem if this process watches as many orders as it can, or as many for the actor as are due to one. */
function refuseWhenFull({ watcher, usage }: ApiDependencies, { subject }: Actor, gone: AbortSignal): void {
  if (watcher.full) throw unavailable('too many streams are open here: connect again soon');
  if (!usage.streams.take(subject, gone)) throw tooMany('you have too many streams open; close some', RETRY_STREAM_S);
}

/**
 * The changes of an order after the timeline entry `after`, each as soon as it is seen; ends when the order is at rest
 * and all was sent, when the client has gone, or when the process stops.
 */
async function* changesOf(
  { database, watcher, limits }: ApiDependencies,
  orderId: string,
  after: bigint,
  reader: Role,
  gone: AbortSignal,
): AsyncGenerator<StreamEvent> {
  let last = after;
  while (!gone.aborted && !watcher.stopped.aborted) {
    const told = last;
    const sighting = await watcher.until(orderId, ({ status, lastEntry }) => lastEntry > told || isAtRest(status), {
      timeoutMs: limits.keepAliveMs,
      signal: gone,
    });
    if (!sighting) {
      yield { comment: 'still here' };
      continue;
    }
    for (const entry of await findTimeline(database, orderId, last)) {
      last = entry.id;
      yield { id: String(entry.id), event: 'timeline', data: toTimelineItem(entry, reader) };
    }
    if (isAtRest(sighting.status)) return;
  }
}

const lastEventId = z
  .string()
  .regex(/^[0-9]{1,18}$/, 'must be the id of an event of this stream')
  .optional();

/** The route that streams an order's changes. */
export const eventsRoute = (deps: ApiDependencies): Route =>
  route({
    method: 'get',
    path: '/v1/orders/{orderId}/events',
    operationId: 'streamOrderEvents',
    summary:
      'Streams the entries of the timeline as they happen, from the first or after Last-Event-ID, until the order rests',
    access: anyRole,
    params: orderParams,
    headers: z.object({ 'last-event-id': lastEventId }),
    answers: {
      200: { description: 'Events of the type timeline', schema: timelineItem, mediaType: 'text/event-stream' },
      204: { description: 'The order is at rest and all of it was sent: do not reconnect' },
    },
    handle: async ({ actor, params: { orderId: id }, headers, signal }) => {
      const { status } = await findVisible(deps.database, id, actor);
      const after = BigInt(headers['last-event-id'] ?? 0);
      if (isAtRest(status) && (await findTimeline(deps.database, id, after)).length === 0) return { status: 204 };
      refuseWhenFull(deps, actor, signal);
      return { status: 200, events: changesOf(deps, id, after, actor.role, signal) };
    },
  });
