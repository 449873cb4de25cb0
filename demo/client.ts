import { setTimeout as sleep } from 'node:timers/promises';
import type { TimelineItem } from '../api/orders/timeline';
import { parseEvents } from './event-stream';

/** Thrown if the demo cannot go on; the message is one line and says what to do. */
export class DemoError extends Error {
  override readonly name = 'DemoError';
}

export type DemoRole = 'customer' | 'support' | 'admin';

/** What the API answered. */
export interface Answer<Body> {
  status: number;
  body: Body;
}

/** The HTTP API as the demo uses it. */
export interface DemoClient {
  /** Calls the API. Throws a {@link DemoError} for any answer but a success and a conflict. */
  ask<Body>(role: DemoRole, method: string, path: string, body?: unknown): Promise<Answer<Body>>;
  /** As `ask`, for the body alone. Throws a {@link DemoError} for any answer that is no success. */
  call<Body>(role: DemoRole, method: string, path: string, body?: unknown): Promise<Body>;
  /** An order's timeline as it grows, until the order is at rest or nobody wants to know; goes on if the API was away. */
  follow(orderId: string, signal: AbortSignal): AsyncGenerator<TimelineItem>;
}

const RECONNECT_MS = 500;
const ANSWER_MS = 30_000;

/**
 * @param tokens - what each role calls with
 * @param answerMs - how long an answer is waited for
 */
export function createClient(api: string, tokens: Record<DemoRole, string>, answerMs = ANSWER_MS): DemoClient {
  const headersFor = (role: DemoRole) => ({ authorization: `Bearer ${tokens[role]}` });
  const send = (role: DemoRole, method: string, path: string, body: unknown) =>
    fetch(`${api}${path}`, {
      method,
      headers: { ...headersFor(role), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(answerMs),
    }).catch((error: unknown) => {
      throw new DemoError(`${method} ${path} was not answered: see what npm start says`, { cause: error });
    });
  return {
    ask: async <Body>(role: DemoRole, method: string, path: string, body?: unknown) => {
      const response = await send(role, method, path, body);
      if (!response.ok && response.status !== 409) throw new DemoError(await refusal(response, `${method} ${path}`));
      return { status: response.status, body: (await response.json()) as Body };
    },

    call: async <Body>(role: DemoRole, method: string, path: string, body?: unknown) => {
      const response = await send(role, method, path, body);
      if (!response.ok) throw new DemoError(await refusal(response, `${method} ${path}`));
      return (await response.json()) as Body;
    },

    follow: async function* (orderId, signal) {
      let last = '0';
      while (!signal.aborted) {
        try {
          const headers = { ...headersFor('support'), 'last-event-id': last };
          const response = await fetch(`${api}/v1/orders/${orderId}/events`, { headers, signal });
          if (response.status === 204) return;
          if (!response.ok) throw new DemoError(await refusal(response, 'the order’s events'));
          for await (const { id, data } of parseEvents(response.body as AsyncIterable<Uint8Array>)) {
            last = id;
            yield JSON.parse(data) as TimelineItem;
          }
        } catch (error) {
          // Whatever cut the stream off, the order goes on, and so does its stream when the API is back.
          if (error instanceof DemoError) throw error;
        }
        await sleep(RECONNECT_MS, undefined, { signal }).catch(() => undefined);
      }
    },
  };
}

async function refusal(response: Response, what: string): Promise<string> {
  const text = await response.text();
  if (response.status === 401) {
    return `${what}: the API does not accept the demo's token: give the demo the DATA_DIR or JWT_SECRET of the stack`;
  }
  if (response.status === 404 && what.includes('/v1/sandbox/')) {
    return 'the sandbox is off: the demo needs a stack with SANDBOX=on, as npm start runs it';
  }
  return `${what} was answered ${response.status}: ${text}`;
}

/** Throws a {@link DemoError} if no stack runs that could take orders. */
export async function assertRunning(api: string): Promise<void> {
  let response: Response;
  try {
    response = await fetch(`${api}/readyz`, { signal: AbortSignal.timeout(5000) });
  } catch (error) {
    throw new DemoError(`Consign is not running at ${api}: run npm start in another terminal first`, { cause: error });
  }
  const { temporal } = (await response.json().catch(() => ({}))) as { temporal?: string };
  if (response.ok && temporal === 'up') return;
  throw new DemoError(`Consign runs at ${api}, but is not ready (${response.status}): see what npm start says`);
}
