import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';

/** How an activity is called by a test: which attempt, and for how long it has been tried. */
export interface Attempt {
  attempt?: number;
  elapsedMs?: number;
  /** Whether it is the first try, inside the workflow's own worker. */
  isLocal?: boolean;
  /** How long the server gives it. */
  startToCloseTimeoutMs?: number;
  /** Which workflow calls it, and which run of that. */
  workflowId?: string;
  runId?: string;
}

/** Runs an activity in an activity's context, without a server. */
export const runActivity = <Args extends unknown[], Result>(
  activity: (...args: Args) => Promise<Result>,
  args: Args,
  { attempt = 1, elapsedMs = 0, workflowId = 'test', runId = 'run', ...given }: Attempt = {},
): Promise<Result> =>
  new MockActivityEnvironment(
    {
      attempt,
      scheduledTimestampMs: Date.now() - elapsedMs,
      workflowExecution: { workflowId, runId },
      ...given,
    },
    { logger: new DefaultLogger('ERROR') },
  ).run(activity, ...args);
