import {
  ServiceError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Client,
} from '@temporalio/client';
import { ApplicationFailure, WorkflowNotFoundError } from '@temporalio/common';
import {
  CANCEL_ORDER,
  DECIDE_REVIEW,
  RESOLVE_STUCK_STEP,
  type CancelAnswer,
  type Decision,
  type ReviewDecision,
  type StuckResolution,
} from '../contracts/workflow/order';
import { workflowIdOf } from '../domain/steps';

/** What became of an Update. */
export type UpdateOutcome<Answer> = { kind: 'answered'; answer: Answer } | Unanswered;

type Unanswered =
  /** The workflow said no; `field` is what of the request was wrong, where it said. */
  | { kind: 'refused'; message: string; field?: string }
  /** No workflow of the order runs: it was not started yet, has completed, or was stopped from outside. */
  | { kind: 'absent' }
  /** No answer in time. The Update may have been taken, and may be sent again under the same id. */
  | { kind: 'silent'; why: Error };

/** The id under which an Update happens once in a run, and how long it is waited for. */
export interface UpdateTerms {
  updateId: string;
  timeoutMs: number;
}

/** The Updates that an order's workflow takes. None of them throws for what Temporal or the workflow answers. */
export interface OrderUpdates {
  cancel(orderId: string, decision: Decision, terms: UpdateTerms): Promise<UpdateOutcome<CancelAnswer>>;
  resolveStuckStep(orderId: string, resolution: StuckResolution, terms: UpdateTerms): Promise<UpdateOutcome<void>>;
  decideReview(orderId: string, decision: ReviewDecision, terms: UpdateTerms): Promise<UpdateOutcome<void>>;
}

/** Sends Updates to the workflows of orders, and waits until each is carried out. */
export function orderUpdates(client: Client): OrderUpdates {
  const sender = updateSender(client, workflowIdOf);
  return {
    cancel: sender(CANCEL_ORDER),
    resolveStuckStep: sender(RESOLVE_STUCK_STEP),
    decideReview: sender(DECIDE_REVIEW),
  };
}

/**
 * Sends an Update of some name to a workflow, and waits until it is carried out.
 *
 * @param workflowIdFor - the workflow's id from the id that the Update is sent for
 */
export const updateSender =
  (client: Client, workflowIdFor: (id: string) => string) =>
  <Input extends Decision, Answer>(name: string) =>
  async (id: string, input: Input, { updateId, timeoutMs }: UpdateTerms): Promise<UpdateOutcome<Answer>> => {
    const handle = client.workflow.getHandle(workflowIdFor(id));
    try {
      const answer = await client.withDeadline(Date.now() + timeoutMs, () =>
        handle.executeUpdate<Answer, [Input]>(name, { args: [input], updateId }),
      );
      return { kind: 'answered', answer };
    } catch (error) {
      return unanswered(error);
    }
  };

/** What the server makes of an Update that was accepted by a workflow which then completed without carrying it out. */
const OVERTAKEN = 'AcceptedUpdateCompletedWorkflow';

function unanswered(error: unknown): Unanswered {
  if (error instanceof WorkflowNotFoundError) return { kind: 'absent' };
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || error instanceof ServiceError) {
    return { kind: 'silent', why: error };
  }
  if (!(error instanceof WorkflowUpdateFailedError) || !(error.cause instanceof ApplicationFailure)) throw error;
  const { type, message, details } = error.cause;
  if (type === OVERTAKEN) return { kind: 'absent' };
  const field = (details?.[0] as { field?: unknown } | undefined)?.field;
  return { kind: 'refused', message, ...(typeof field === 'string' && { field }) };
}
