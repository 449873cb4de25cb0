import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import { workflowIdOf } from '../contracts/workflow/ids';

const { PENDING_ACTIVITY_STATE_SCHEDULED } = temporal.api.enums.v1.PendingActivityState;

/** A step that is scheduled on its party's task queue: running, or waiting for its next attempt. */
export interface PendingStep {
  step: string;
  /** How many attempts were begun, counting the first one inside the workflow's worker. */
  attempts: number;
  /** Why the last attempt failed. */
  lastError: string | null;
}

/**
 * The steps that an order's workflow waits for, by what Temporal says of its activities; none if no workflow of the
 * order runs. Throws what the client throws, after `timeoutMs` if the service doesn't answer.
 */
export async function pendingSteps(client: Client, orderId: string, timeoutMs: number): Promise<PendingStep[]> {
  const handle = client.workflow.getHandle(workflowIdOf(orderId));
  try {
    const { raw } = await client.withDeadline(Date.now() + timeoutMs, () => handle.describe());
    return (raw.pendingActivities ?? []).map(({ activityId, attempt, state, lastFailure }) => ({
      step: stepOf(activityId ?? ''),
      attempts: (attempt ?? 1) + (state === PENDING_ACTIVITY_STATE_SCHEDULED ? 0 : 1),
      lastError: lastFailure?.message ?? null,
    }));
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return [];
    throw error;
  }
}

/** A step that is called again within its run has an activity id of its own: `capture~2`. */
const stepOf = (activityId: string): string => activityId.replace(/~\d+$/, '');
