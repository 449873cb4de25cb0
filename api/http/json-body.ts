import express, { type Request, type RequestHandler, type Response } from 'express';
import { Problem } from './problem';

const LIMIT_KB = 256;

const parse: RequestHandler = express.json({ limit: `${LIMIT_KB}kb`, strict: false, type: () => true });

/** The JSON body of a request, at most 256 kB; undefined if there is none. Throws the problem of what cannot be read. */
export async function jsonBody(request: Request, response: Response): Promise<unknown> {
  if (request.headers['transfer-encoding'] === undefined && !Number(request.headers['content-length']))
    return undefined;
  if (!request.is('application/json')) {
    throw new Problem('unsupported-media-type', 'send the body as Content-Type: application/json');
  }
  await new Promise<void>((resolve, reject) => {
    parse(request, response, (error?: unknown) => {
      if (error === undefined) resolve();
      else reject(unreadable(error));
    });
  });
  return request.body as unknown;
}

/** The parser's own error, which may quote the body, as a problem that does not. */
function unreadable(error: unknown): Error {
  if (!(error instanceof Error)) return new Error('the body could not be parsed', { cause: error });
  const { type, status = 500 } = error as Error & { type?: string; status?: number };
  if (status >= 500) return error;
  switch (type) {
    case 'entity.parse.failed': {
      const position = /position \d+/.exec(error.message)?.[0];
      return new Problem('malformed-request', `the body is not valid JSON${position ? ` at ${position}` : ''}`);
    }
    case 'entity.too.large':
      return new Problem('payload-too-large', `the body must be at most ${LIMIT_KB} kB`);
    case 'charset.unsupported':
      return new Problem('unsupported-media-type', 'send the body in the charset UTF-8');
    case 'encoding.unsupported':
      return new Problem('unsupported-media-type', 'send the body plain or with Content-Encoding gzip, br or deflate');
    default:
      return new Problem('malformed-request', 'the body could not be read');
  }
}
