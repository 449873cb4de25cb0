import { hostname } from 'node:os';
import { Connection } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { FULFILMENT_TASK_QUEUE } from '../../contracts/workflow/task-queues';
import { readConfig } from '../config';
import { temporalEndpoint } from '../temporal/connection';

/** A poll without work lasts 60 s; two of them may pass before a worker is missed. */
const SILENCE_MS = 120_000;
const CALL_MS = 5000;

/**
 * The health check of a `worker` container: exits 0 if Temporal has lately been asked for work by a worker of this
 * host, 1 else. A worker that runs but cannot reach Temporal, or no longer asks it, is not healthy.
 */
async function main(): Promise<void> {
  const { connection: options, namespace } = temporalEndpoint(readConfig(process.env));
  const connection = await Connection.connect({ ...options, connectTimeout: CALL_MS });
  const { pollers } = await connection.withDeadline(Date.now() + CALL_MS, () =>
    connection.workflowService.describeTaskQueue({
      namespace,
      taskQueue: { name: FULFILMENT_TASK_QUEUE },
      taskQueueType: temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    }),
  );
  await connection.close();
  const since = Date.now() - SILENCE_MS;
  const ours = pollers.filter(({ identity }) => identity?.endsWith(`@${hostname()}`));
  const alive = ours.some(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1000 > since);
  if (!alive) throw new Error('no worker of this host has asked for work lately');
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
