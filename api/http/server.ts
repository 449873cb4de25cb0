import { randomUUID } from 'node:crypto';
import { createServer, STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Express } from 'express';
import type { Logger } from '../../infra/logger';
import { closeGently } from './close-gently';
import { securityHeaders } from './context';
import { Problem, type ProblemKind } from './problem';

/** How long a request may take to arrive, in milliseconds. */
export interface ArrivalLimits {
  headersMs: number;
  requestMs: number;
  /** How often the two are looked at. */
  checkMs: number;
}

const defaults: ArrivalLimits = { headersMs: 20_000, requestMs: 60_000, checkMs: 5_000 };

/** Longer than proxies and clients keep an idle connection, so that they never send a request on one that closes. */
const KEEP_ALIVE_MS = 65_000;

/**
 * The HTTP server of an app. It does not listen yet. Node itself would answer some requests without a body: those that
 * cannot be parsed, are late, have too many headers or an unknown expectation. This server answers them with a problem
 * document. The app sends `100 Continue`.
 */
export function createApiServer(app: Express, logger: Logger, limits: ArrivalLimits = defaults): Server {
  const answers = new WeakMap<Socket, ServerResponse>();
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    answers.set(request.socket, response);
    app(request, response);
  };
  const server = createServer({
    requireHostHeader: false,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    connectionsCheckingInterval: limits.checkMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
  });
  server.on('request', handle).on('checkContinue', handle).on('checkExpectation', handle);
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const answer = answers.get(socket);
    const isAnswering = answer !== undefined && answer.headersSent && !answer.writableFinished;
    if (isAnswering || !socket.writable || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    const requestId = randomUUID();
    const problem = problemOf(error.code);
    logger.info({ status: problem.status, code: error.code, requestId }, 'a request could not be read');
    socket.write(written(problem, requestId));
    closeGently(socket);
  });
  return server;
}

const kinds: Readonly<Record<string, [kind: ProblemKind, detail: string]>> = {
  HPE_HEADER_OVERFLOW: ['headers-too-large', 'the headers must be at most 16 kB together'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['payload-too-large', 'the extensions of a chunk are too long'],
  ERR_HTTP_REQUEST_TIMEOUT: ['request-timeout', 'the request did not arrive whole in time; send it again'],
};

function problemOf(code = ''): Problem {
  const [kind, detail] = kinds[code] ?? ['malformed-request', 'this is no HTTP request that can be read'];
  return new Problem(kind, detail);
}

/** The answer as it goes over the wire, because there is no response object for a request that could not be parsed. */
function written(problem: Problem, requestId: string): string {
  const body = JSON.stringify(problem.document(`urn:uuid:${requestId}`));
  const headers = {
    'Content-Type': 'application/problem+json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    Connection: 'close',
    Date: new Date().toUTCString(),
    'X-Request-Id': requestId,
    ...securityHeaders,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`, ...lines, '', body].join('\r\n');
}
