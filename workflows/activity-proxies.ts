import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { FulfilmentActivities } from '../activities';
import type { Policy } from '../contracts/policy';

/**
 * The activities as an order calls them, with the timings of its policy. Every activity has a start-to-close timeout
 * and, but for messages, no limit on attempts: patience is the activity's own business.
 */
export function activitiesFor(policy: Policy) {
  const retry = {
    initialInterval: policy.retryInitialIntervalMs,
    backoffCoefficient: 2,
    maximumInterval: policy.retryMaxIntervalMs,
  };
  const steps = proxyActivities<FulfilmentActivities>({
    startToCloseTimeout: policy.stepTimeoutMs,
    cancellationType: ActivityCancellationType.TRY_CANCEL,
    retry,
  });
  const messages = proxyActivities<Pick<FulfilmentActivities, 'sendMessages'>>({
    scheduleToCloseTimeout: policy.messageTimeoutMs,
    startToCloseTimeout: Math.min(policy.stepTimeoutMs, policy.messageTimeoutMs),
    cancellationType: ActivityCancellationType.TRY_CANCEL,
    retry,
  });
  return { steps, messages };
}

export type Activities = ReturnType<typeof activitiesFor>;
