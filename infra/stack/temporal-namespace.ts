import { setTimeout as sleep } from 'node:timers/promises';
import { Connection, isGrpcServiceError } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time';
import { searchAttributes } from '../../contracts/workflow/search-attributes';
import type { Config } from '../config';
import { temporalEndpoint } from '../temporal/connection';
import { registerSearchAttributes } from '../temporal/search-attributes';
import { messageOf, StackError } from './stack-error';

/** How long closed orders stay readable in the embedded Temporal. */
const RETENTION = '30 days';
const CALL_MS = 10_000;
const READY_MS = 30_000;

/**
 * Makes the namespace ready for orders: their search attributes and, in the embedded Temporal, how long closed ones are
 * kept. If a Temporal of the user's own doesn't let us, a line says what is to be done there. Throws a
 * {@link StackError} if Temporal cannot be reached.
 *
 * @returns the search attributes that were added
 */
export async function prepareNamespace(
  config: Config,
  report: (line: string) => void,
  signal: AbortSignal,
): Promise<string[]> {
  const { connection: options, namespace } = temporalEndpoint(config);
  const connection = await Connection.connect({ ...options, connectTimeout: CALL_MS }).catch((error: unknown) => {
    const advice = config.temporal.external ? ': is TEMPORAL_ADDRESS right, and may you use it?' : '';
    throw new StackError(
      `Temporal cannot be reached at ${options.address ?? 'its address'} (${messageOf(error)})${advice}`,
      {
        cause: error,
      },
    );
  });
  try {
    if (!config.temporal.external) await whenReady(signal, () => setRetention(connection, namespace));
    return await addSearchAttributes(connection, namespace, signal);
  } catch (error) {
    if (!config.temporal.external || !isGrpcServiceError(error)) throw error;
    const names = Object.values(searchAttributes).map(({ name, type }) => `${name} (${type})`);
    report(`Temporal did not let us add search attributes (${error.details}): see that it has ${names.join(', ')}`);
    return [];
  } finally {
    await connection.close();
  }
}

const setRetention = (connection: Connection, namespace: string): Promise<unknown> =>
  connection.withDeadline(Date.now() + CALL_MS, () =>
    connection.workflowService.updateNamespace({
      namespace,
      config: { workflowExecutionRetentionTtl: msToTs(RETENTION) },
    }),
  );

async function addSearchAttributes(connection: Connection, namespace: string, signal: AbortSignal): Promise<string[]> {
  return connection.withDeadline(Date.now() + READY_MS, async () => {
    const added = await registerSearchAttributes(connection, namespace, Object.values(searchAttributes));
    if (added.length === 0) return [];
    // They are known once a search may name them; starting an order with them before that would be refused.
    const query = added.map((name) => `${name} IS NULL`).join(' AND ');
    await whenReady(signal, () => connection.workflowService.countWorkflowExecutions({ namespace, query }));
    return added;
  });
}

/** A server that has just been started, or changed, refuses for a moment. */
async function whenReady(signal: AbortSignal, call: () => Promise<unknown>): Promise<void> {
  const endMs = performance.now() + READY_MS;
  for (;;) {
    try {
      await call();
      return;
    } catch (error) {
      if (performance.now() > endMs) throw error;
      await sleep(100, undefined, { signal });
    }
  }
}
