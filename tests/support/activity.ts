import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';

/** How an activity is called by a test: which attempt, and for how long it has been tried. */
export interface Attempt {
  attempt?: number;
  elapsedMs?: number;
}

/** Runs an activity in an activity's context, without a server. */
export const runActivity = <Args extends unknown[], Result>(
  activity: (...args: Args) => Promise<Result>,
  args: Args,
  { attempt = 1, elapsedMs = 0 }: Attempt = {},
): Promise<Result> =>
  new MockActivityEnvironment(
    { attempt, scheduledTimestampMs: Date.now() - elapsedMs },
    { logger: new DefaultLogger('ERROR') },
  ).run(activity, ...args);
