import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { Request, Response } from 'express';
import getRawBody from 'raw-body';
import { duplicateName } from './duplicate-names';
import { invalid, Problem } from './problem';
import { bodyField } from './validation';

const LIMIT_KB = 256;
const LIMIT_BYTES = LIMIT_KB * 1024;

const inflaters = { gzip: createGunzip, 'x-gzip': createGunzip, deflate: createInflate, br: createBrotliDecompress };

/**
 * The JSON body of a request, at most 256 kB; undefined if there is none. Sends `100 Continue` to a client that waits for
 * it, after the headers were checked. Throws the problem of what cannot be read.
 */
export async function jsonBody(request: Request, response: Response): Promise<unknown> {
  const { 'transfer-encoding': chunked, 'content-length': length, expect } = request.headers;
  if (chunked === undefined && !Number(length)) return undefined;
  if (Number(length) > LIMIT_BYTES) throw tooLarge();
  if (!request.is('application/json')) {
    throw new Problem('unsupported-media-type', 'send the body as Content-Type: application/json');
  }
  const charset = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(request.get('content-type') ?? '')?.[1];
  if (charset !== undefined && !/^utf-?8$/i.test(charset)) {
    throw new Problem('unsupported-media-type', 'send the body in the charset UTF-8');
  }
  const plain = inflated(request);
  if (expect !== undefined) response.writeContinue();
  const bytes = await getRawBody(plain, { limit: LIMIT_BYTES }).catch((error: unknown) => {
    throw unreadable(error);
  });
  return bytes.length === 0 ? undefined : parse(bytes);
}

function inflated(request: Request): Readable {
  const encoding = request.get('content-encoding')?.toLowerCase() ?? 'identity';
  if (encoding === 'identity') return request;
  if (!Object.hasOwn(inflaters, encoding)) {
    throw new Problem('unsupported-media-type', 'send the body plain or with Content-Encoding gzip, br or deflate');
  }
  const inflater = inflaters[encoding as keyof typeof inflaters]();
  request.once('error', (error) => inflater.destroy(error));
  return request.pipe(inflater);
}

function parse(bytes: Buffer): unknown {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Problem('malformed-request', 'the body is not valid UTF-8');
  }
  const value = parseJson(text);
  const twice = duplicateName(text);
  if (twice) throw invalid([{ field: bodyField(twice), message: 'is given twice; give it once' }]);
  return value;
}

/** The parser's own error may quote the body, so the problem names the position alone. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const position = error instanceof SyntaxError ? /position \d+/.exec(error.message)?.[0] : undefined;
    throw new Problem('malformed-request', `the body is not valid JSON${position ? ` at ${position}` : ''}`);
  }
}

const tooLarge = (): Problem => new Problem('payload-too-large', `the body must be at most ${LIMIT_KB} kB`);

function unreadable(error: unknown): Problem {
  if (error instanceof Error && 'type' in error && error.type === 'entity.too.large') return tooLarge();
  return new Problem('malformed-request', 'the body could not be read');
}
