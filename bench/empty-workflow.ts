import { proxyActivities } from '@temporalio/workflow';

const { nothing } = proxyActivities<{ nothing(): Promise<void> }>({ startToCloseTimeout: '1 minute' });

/** Runs `count` activities one after another, none of which does anything; returns how many have run. */
export async function benchEmpty(count: number): Promise<number> {
  let done = 0;
  while (done < count) {
    await nothing();
    done += 1;
  }
  return done;
}
