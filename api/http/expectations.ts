import type { RequestHandler } from 'express';
import { Problem } from './problem';

/** Refuses a request whose headers ask for what no route here does: another expectation than `100-continue`, or no host. */
export const refuseUnmet: RequestHandler = (request, _response, next) => {
  const { expect, host } = request.headers;
  if (expect !== undefined && !/^100-continue$/i.test(expect)) {
    throw new Problem('expectation-failed', 'the only expectation that is met here is 100-continue; leave out others');
  }
  if (host === undefined && request.httpVersion === '1.1') {
    throw new Problem('malformed-request', 'HTTP/1.1 needs the header Host');
  }
  next();
};
