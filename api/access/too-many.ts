import { Problem } from '../http/problem';

/** The problem of a caller who uses more than a share; `retryAfterS` is when to ask again, in seconds. */
export const tooMany = (detail: string, retryAfterS: number, headers: Record<string, string> = {}): Problem =>
  new Problem('too-many-requests', detail, { headers: { ...headers, 'Retry-After': String(retryAfterS) } });
