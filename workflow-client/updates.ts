import {
  ServiceError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Client,
} from '@temporalio/client';
import { ApplicationFailure, WorkflowNotFoundError } from '@temporalio/common';
import { refusals, type UpdateName } from '../contracts/workflow/decisions';

/** What became of an Update, as it is stored. */
export type SettledOutcome =
  | { kind: 'answered'; answer: unknown }
  /** The workflow said no: `type` is one of `refusals`, `field` what of the payload was wrong, if it said. */
  | { kind: 'refused'; type: string; message: string; field?: string };

/** What became of an Update. */
export type UpdateOutcome =
  | SettledOutcome
  /** No such workflow runs: it was not started yet, has completed, or was stopped from outside. */
  | { kind: 'absent' }
  /** No answer in time. The Update may have been taken, and may be sent again under the same id. */
  | { kind: 'silent' };

/** Which Update goes to which workflow. */
export interface SentUpdate {
  workflowId: string;
  update: UpdateName;
  payload: object;
  /** The id under which it happens once in a run. */
  updateId: string;
  timeoutMs: number;
}

/** Whether the workflow said no for that reason. */
export const isRefusal = (outcome: UpdateOutcome, type: string): boolean =>
  outcome.kind === 'refused' && outcome.type === type;

/** Whether an outcome is the last word: a workflow that is not ready yet is asked again. */
export const isSettled = (outcome: UpdateOutcome): outcome is SettledOutcome =>
  outcome.kind === 'answered' || (outcome.kind === 'refused' && outcome.type !== refusals.notReady);

/** Sends an Update and waits until it is carried out. Never throws for what Temporal or the workflow answers. */
export async function sendUpdate(client: Client, sent: SentUpdate): Promise<UpdateOutcome> {
  const { workflowId, update, payload, updateId, timeoutMs } = sent;
  const handle = client.workflow.getHandle(workflowId);
  try {
    const answer = await client.withDeadline(Date.now() + timeoutMs, () =>
      handle.executeUpdate<unknown, [object]>(update, { args: [payload], updateId }),
    );
    return { kind: 'answered', answer: answer ?? null };
  } catch (error) {
    return unanswered(error);
  }
}

/** What the server makes of an Update that was accepted by a workflow which then completed without carrying it out. */
const OVERTAKEN = 'AcceptedUpdateCompletedWorkflow';

function unanswered(error: unknown): UpdateOutcome {
  if (error instanceof WorkflowNotFoundError) return { kind: 'absent' };
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || error instanceof ServiceError)
    return { kind: 'silent' };
  if (!(error instanceof WorkflowUpdateFailedError) || !(error.cause instanceof ApplicationFailure)) throw error;
  const { type, message, details } = error.cause;
  if (type === OVERTAKEN) return { kind: 'absent' };
  const field = (details?.[0] as { field?: unknown } | undefined)?.field;
  return { kind: 'refused', type: type ?? '', message, ...(typeof field === 'string' && { field }) };
}
