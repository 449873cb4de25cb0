import { MockActivityEnvironment } from '@temporalio/testing';

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
  new MockActivityEnvironment({ attempt, scheduledTimestampMs: Date.now() - elapsedMs }).run(activity, ...args);
