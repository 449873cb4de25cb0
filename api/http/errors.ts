import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { Logger } from '../../infra/logger';
import { closeIfUnread } from './close-gently';
import { contextOf } from './context';
import { isDatabaseDown } from './database-faults';
import { Problem, unavailable } from './problem';

/** Answers a request that no route is for. */
export const unknownRoute: RequestHandler = (request) => {
  throw new Problem('not-found', `there is nothing at ${request.path}`);
};

/** Answers an error as a problem document; what is no problem of ours to explain is logged, and answered without internals. */
export function answerProblems(logger: Logger): ErrorRequestHandler {
  // Express knows an error handler by its four parameters.
  // eslint-disable-next-line @typescript-eslint/no-unused-vars
  return (error: unknown, request, response, _next) => {
    const { requestId } = contextOf(response);
    const problem = asProblem(error, requestId);
    if (problem.status >= 500) logger.error({ err: error, requestId }, problem.detail);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    closeIfUnread(request, response);
    const instance = request.originalUrl.split('?', 1)[0] ?? '';
    response.status(problem.status).set(problem.extras.headers ?? {});
    response.type('application/problem+json').send(JSON.stringify(problem.document(instance)));
  };
}

function asProblem(error: unknown, requestId: string): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof URIError)
    return new Problem('malformed-request', 'the path or the query is not valid percent-encoded UTF-8');
  if (isDatabaseDown(error)) return unavailable('the database cannot be reached: send the request again soon');
  return new Problem('internal-error', `an unexpected error; tell us the request id ${requestId}`);
}
