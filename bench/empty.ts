import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { startService } from '../infra/stack/service';
import type { RunningPart } from '../infra/stack/part';
import type { benchEmpty } from './empty-workflow';
import type { OwnStack } from './own-stack';

/** The task queue of the empty workflow's own worker. */
export const BENCH_TASK_QUEUE = 'bench-empty';

/** Starts the worker of the empty workflow, in a process of its own. */
export const startEmptyWorker = ({ env, logOf }: OwnStack, signal: AbortSignal): Promise<RunningPart> =>
  startService(
    { part: 'worker', title: 'the worker of the empty workflow', script: 'bench/empty-worker.ts' },
    { env, logFile: logOf('bench-worker'), signal },
  );

/** Contender (a): runs a workflow of `activities` empty activities, from its start to its result. */
export async function runEmpty(client: Client, activities: number): Promise<void> {
  const done = await client.workflow.execute<typeof benchEmpty>('benchEmpty', {
    workflowId: `bench-${randomUUID()}`,
    taskQueue: BENCH_TASK_QUEUE,
    args: [activities],
  });
  if (done !== activities) throw new Error(`an empty workflow ran ${done} activities instead of ${activities}`);
}
