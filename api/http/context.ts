import { randomUUID } from 'node:crypto';
import type { RequestHandler, Response } from 'express';
import { containsCardNumber } from '../../contracts/http/card-number';
import type { ApiDependencies } from '../dependencies';
import type { Bearer } from '../access/tokens';

/** What is known of a request while it is worked on. */
export interface RequestContext {
  requestId: string;
  /** The path of its route, without the values of parameters. */
  route?: string;
  actor?: Bearer;
}

const contexts = new WeakMap<Response, RequestContext>();

/** The context of the request that this response answers. */
export function contextOf(response: Response): RequestContext {
  const context = contexts.get(response);
  if (!context) throw new Error('the request has no context: openContext must come first');
  return context;
}

const COUNTED_METHODS = ['GET', 'HEAD', 'POST', 'PUT'];

/** Methods that a route doesn't have are counted as one, because anybody can send dozens of them. */
const countedMethod = (method: string, status: number | null): string =>
  COUNTED_METHODS.includes(method) && status !== 405 ? method : 'other';
/** What every answer says to caches and browsers. */
export const securityHeaders = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
} as const;

const GIVEN_ID = /^[A-Za-z0-9._:-]{1,128}$/;

/**
 * Gives each request an id, the client's own if it is fit to be logged, and logs one line when it is answered: no
 * query, no body and no values of parameters, because those may hold personal data. How long it took is counted by route.
 */
export function openContext({ logger, metrics }: Pick<ApiDependencies, 'logger' | 'metrics'>): RequestHandler {
  return (request, response, next) => {
    const given = request.get('x-request-id') ?? '';
    const isFit = GIVEN_ID.test(given) && !containsCardNumber(given);
    const context: RequestContext = { requestId: isFit ? given : randomUUID() };
    contexts.set(response, context);
    response.set({ 'X-Request-Id': context.requestId, ...securityHeaders });
    const began = performance.now();
    response.on('close', () => {
      const { requestId, route = null, actor } = context;
      const elapsedMs = performance.now() - began;
      const ms = Math.round(elapsedMs * 10) / 10;
      const status = response.headersSent ? response.statusCode : null;
      const labels = {
        method: countedMethod(request.method, status),
        route: route ?? 'none',
        status: status ?? 'none',
      };
      metrics.httpRequests.observe(labels, elapsedMs / 1000);
      logger.info({ method: request.method, route, status, ms, requestId, subject: actor?.subject ?? null }, 'request');
    });
    next();
  };
}
