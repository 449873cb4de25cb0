import { once } from 'node:events';
import type { Response } from 'express';
import type { StreamEvent } from './route';

const RECONNECT_MS = 1000;

/**
 * Sends events as a `text/event-stream` (WHATWG HTML, section 9.2), no faster than the client reads, and ends it; at once
 * when `signal` is aborted.
 */
export async function sendEvents(
  response: Response,
  events: AsyncIterable<StreamEvent>,
  signal: AbortSignal,
): Promise<void> {
  response.set({ 'Content-Type': 'text/event-stream; charset=utf-8', 'X-Accel-Buffering': 'no' });
  response.flushHeaders();
  response.write(`retry: ${RECONNECT_MS}\n\n`);
  for await (const event of events) {
    if (signal.aborted) break;
    if (!response.write(encode(event))) await once(response, 'drain', { signal }).catch(() => undefined);
  }
  response.end();
}

const encode = (event: StreamEvent): string =>
  'comment' in event
    ? `: ${event.comment}\n\n`
    : `id: ${event.id}\nevent: ${event.event}\ndata: ${JSON.stringify(event.data)}\n\n`;
