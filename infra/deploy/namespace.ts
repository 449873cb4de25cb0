import { setTimeout as sleep } from 'node:timers/promises';
import { Connection, isGrpcServiceError } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time';
import { searchAttributes } from '../../contracts/workflow/search-attributes';
import type { Config } from '../config';
import { temporalEndpoint } from '../temporal/connection';
import { registerSearchAttributes, type SearchAttribute } from '../temporal/search-attributes';

/** How long closed orders stay readable in a namespace that is made here. */
const RETENTION = '30 days';
const CALL_MS = 10_000;
const PAUSE_MS = 1000;
/** A server that has just got a namespace or a search attribute needs up to a minute to know it everywhere. */
const READY_MS = 180_000;

/** gRPC status codes. */
const INVALID_ARGUMENT = 3;
const NOT_FOUND = 5;
const PERMISSION_DENIED = 7;
const UNIMPLEMENTED = 12;
const UNAUTHENTICATED = 16;

/**
 * Makes the namespace ready for orders, waiting a bounded time for Temporal: it exists and knows the search attributes.
 * Asks for no right that isn't needed: if both are so already, nothing is registered. Throws an Error that says what
 * is to be done by hand if Temporal does not let us.
 */
export async function prepareNamespace(config: Config, say: (line: string) => void): Promise<void> {
  const { connection: options, namespace } = temporalEndpoint(config);
  const address = options.address ?? 'its address';
  const endMs = Date.now() + READY_MS;
  const connection = await retried(endMs, `Temporal cannot be reached at ${address}`, () =>
    Connection.connect({ ...options, connectTimeout: CALL_MS }),
  );
  try {
    await retried(endMs, `the namespace ${namespace} cannot be made ready`, () =>
      ensureNamespace(connection, namespace, say),
    );
    const missing = await retried(endMs, `the namespace ${namespace} cannot be searched`, () =>
      unknownAttributes(connection, namespace),
    );
    if (missing.length > 0) await addAttributes(connection, namespace, missing, endMs);
    say(`the namespace ${namespace} is ready${missing.length > 0 ? `: added ${names(missing)}` : ''}`);
  } finally {
    await connection.close();
  }
}

async function addAttributes(
  connection: Connection,
  namespace: string,
  missing: readonly SearchAttribute[],
  endMs: number,
): Promise<void> {
  const advice = `add the search attributes ${names(missing)} to ${namespace} by hand`;
  await retried(endMs, advice, () => registerSearchAttributes(connection, namespace, missing));
  await retried(endMs, `the namespace ${namespace} does not know its search attributes`, async () => {
    const late = await unknownAttributes(connection, namespace);
    if (late.length > 0) throw new Error(`${names(late)} unknown`);
  });
}

async function ensureNamespace(connection: Connection, namespace: string, say: (line: string) => void): Promise<void> {
  const { workflowService } = connection;
  try {
    await deadline(connection, () => workflowService.describeNamespace({ namespace }));
  } catch (error) {
    if (!hasStatus(error, NOT_FOUND)) throw error;
    const workflowExecutionRetentionPeriod = msToTs(RETENTION);
    await deadline(connection, () =>
      workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod }),
    );
    say(`made the namespace ${namespace}; closed orders stay readable for ${RETENTION}`);
  }
}

/** The search attributes that cannot be searched by, because they are missing or of another type. */
async function unknownAttributes(connection: Connection, namespace: string): Promise<SearchAttribute[]> {
  const unknown: SearchAttribute[] = [];
  for (const key of Object.values(searchAttributes)) {
    const query = `${key.name} = ${key.type === 'BOOL' ? 'true' : "'x'"}`;
    try {
      await deadline(connection, () => connection.workflowService.countWorkflowExecutions({ namespace, query }));
    } catch (error) {
      if (!hasStatus(error, INVALID_ARGUMENT)) throw error;
      unknown.push(key);
    }
  }
  return unknown;
}

/** Calls until it succeeds or the time is over; throws an Error that begins with `failure` then. */
async function retried<T>(endMs: number, failure: string, call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      const reason = isGrpcServiceError(error) ? error.details : error instanceof Error ? error.message : String(error);
      if (Date.now() > endMs || isFinal(error)) throw new Error(`${failure}: ${reason}`, { cause: error });
      await sleep(PAUSE_MS);
    }
  }
}

/** Waiting doesn't help who lacks a right, or asks for what this Temporal doesn't offer. */
const isFinal = (error: unknown): boolean => hasStatus(error, PERMISSION_DENIED, UNIMPLEMENTED, UNAUTHENTICATED);

const deadline = <T>(connection: Connection, call: () => Promise<T>): Promise<T> =>
  connection.withDeadline(Date.now() + CALL_MS, call);

const hasStatus = (error: unknown, ...statuses: number[]): boolean =>
  isGrpcServiceError(error) && statuses.includes(error.code);

const names = (keys: readonly SearchAttribute[]): string =>
  keys.map(({ name, type }) => `${name} (${type})`).join(', ');
