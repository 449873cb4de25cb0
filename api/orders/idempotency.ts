import { createHash } from 'node:crypto';
import stringify from 'safe-stable-stringify';
import { z } from 'zod';
import { withoutCardNumber } from '../../contracts/http/text';
import type { Database, Transaction } from '../../infra/database/client';
import { isLockTimeout } from '../http/database-faults';
import { Problem } from '../http/problem';

/** The header that carries such a key. */
export const idempotencyKeyHeader = withoutCardNumber(
  z.string().regex(/^[\x20-\x7e]{1,255}$/, 'must be 1 to 255 printable ASCII characters'),
).optional();

/** A key that a client gave with a request; the same key of another subject is another key. */
export interface RequestKey {
  subject: string;
  key: string;
  /** A hash of the request, equal for equal requests however their fields are ordered. */
  requestHash: string;
}

/** The key of a request, with the hash over its checked body. */
export function requestKey(subject: string, key: string, body: object): RequestKey {
  return { subject, key, requestHash: createHash('sha256').update(stringify(body)).digest('hex') };
}

/**
 * The answer that is stored for an equal request, or undefined if the key is new. Throws the problem
 * `idempotency-key-reused` if the key came with another request.
 */
export async function storedAnswer<T>(
  database: Database,
  { subject, key, requestHash }: RequestKey,
  schema: z.ZodType<T>,
): Promise<T | undefined> {
  const [stored] = await database.sql.query<{ requestHash: string; response: unknown }>`
    SELECT request_hash AS "requestHash", response FROM orders.idempotency_key
    WHERE subject = ${subject} AND key = ${key}`;
  if (!stored) return undefined;
  if (stored.requestHash === requestHash) return inOrder(stored.response, schema);
  throw new Problem(
    'idempotency-key-reused',
    'this Idempotency-Key was used for another request; use a new key for a new request',
    { errors: [{ field: 'Idempotency-Key', message: 'must be new for a request with another body' }] },
  );
}

/** A stored answer with its fields in the order they were first sent in, which `jsonb` doesn't keep. */
function inOrder<T>(stored: unknown, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(stored);
  return parsed.success ? parsed.data : (stored as T);
}

/**
 * Takes the key within the transaction that does the work: true if the caller is first. Waits for an equal request
 * whose transaction is open, at most `waitMs`, and then throws the problem `request-in-progress`.
 */
export async function takeKey(
  tx: Transaction,
  { subject, key, requestHash }: RequestKey,
  { orderId, response }: { orderId: string; response: object },
  waitMs: number,
): Promise<boolean> {
  await tx.query`SELECT set_config('lock_timeout', ${`${waitMs}ms`}, true)`;
  try {
    const taken = await tx.query`
      INSERT INTO orders.idempotency_key (subject, key, request_hash, order_id, response)
      VALUES (${subject}, ${key}, ${requestHash}, ${orderId}, ${JSON.stringify(response)}::jsonb)
      ON CONFLICT DO NOTHING RETURNING key`;
    return taken.length === 1;
  } catch (error) {
    if (!isLockTimeout(error)) throw error;
    const detail = 'an equal request is in progress: send this one again in a moment';
    throw new Problem('request-in-progress', detail, { headers: { 'Retry-After': '1' } });
  }
}
