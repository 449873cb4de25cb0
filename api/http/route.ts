import type { z } from 'zod';
import type { Actor, Role } from '../access/tokens';
import type { ProblemKind } from './problem';

/** One event of a Server-Sent Events stream; a comment keeps the connection alive. */
export type StreamEvent = { id: string; event: string; data: unknown } | { comment: string };

/** What a route answers: a JSON body, a text with its Content-Type among the headers, nothing, or a stream of events. */
export interface Answer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
  events?: AsyncIterable<StreamEvent>;
}

/** One request, checked by its route's schemas. */
export interface Call<P = unknown, Q = unknown, H = unknown, B = unknown, A = Actor | undefined> {
  params: P;
  query: Q;
  headers: H;
  body: B;
  /** Who calls; undefined on a route without a token. */
  actor: A;
  requestId: string;
  /** Aborted when the client has gone, and, of a stream, when the token ends. */
  signal: AbortSignal;
  /** Says that the request does nothing but wait from here on, so that another is worked on in its place. */
  onlyWaits(): void;
}

interface Documentation {
  method: 'get' | 'post' | 'put';
  /** As OpenAPI writes it: `/v1/orders/{orderId}`. */
  path: string;
  operationId: string;
  summary: string;
  /** What the route answers when all goes well, by status. */
  answers: Record<number, { description: string; schema?: z.ZodType; mediaType?: string; headers?: string[] }>;
  /** A body that it takes. */
  example?: unknown;
  /** What its answer names: the path parameter of other routes that a field of the answer fills. */
  names?: { parameter: string; field: string };
  /** The problems that are the route's own; those that any route may answer are documented with each. */
  problems?: ProblemKind[];
}

/** A route, from which the routing, the checks of requests and the OpenAPI document are all derived. */
export interface Route extends Documentation {
  /** The roles that may call, or `open` if no token is needed. */
  access: readonly Role[] | 'open';
  params?: z.ZodType | undefined;
  query?: z.ZodType | undefined;
  /** The headers that the route reads, in lower case. */
  headers?: z.ZodType | undefined;
  body?: z.ZodType | undefined;
  handle(call: Call): Promise<Answer>;
}

type Access = readonly Role[] | 'open';

interface TypedRoute<P, Q, H, B, A extends Access> extends Documentation {
  access: A;
  params?: z.ZodType<P>;
  query?: z.ZodType<Q>;
  headers?: z.ZodType<H>;
  body?: z.ZodType<B>;
  handle(call: Call<P, Q, H, B, A extends 'open' ? undefined : Actor>): Promise<Answer>;
}

/** Declares a route, whose handler gets what its schemas make of a request. */
export const route = <P, Q, H, B, const A extends Access>(definition: TypedRoute<P, Q, H, B, A>): Route => definition;
