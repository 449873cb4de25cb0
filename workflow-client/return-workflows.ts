import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
  type Client,
} from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import type { Policy } from '../contracts/policy';
import {
  AUTHORISE_RETURN,
  INSPECT_RETURN,
  RECEIVE_RETURN,
  REJECT_RETURN,
  RETRY_REFUND,
  RETURN_ORDER,
  WRITE_OFF_REFUND,
  type ReturnInspection,
  type ReturnOrderInput,
} from '../contracts/workflow/return';
import type { Decision } from '../contracts/workflow/order';
import { searchAttributes } from '../contracts/workflow/search-attributes';
import { FULFILMENT_TASK_QUEUE } from '../contracts/workflow/task-queues';
import { returnIdOf, returnWorkflowIdOf } from '../domain/steps';
import { updateSender, type UpdateOutcome, type UpdateTerms } from './order-updates';

/** What of a return goes into its workflow's history. */
export type StartedReturn = Omit<ReturnOrderInput, 'policy'>;

/**
 * Starts the workflow of a return, or takes it up again where it was terminated or failed. Safe to call again: a workflow
 * that runs, or that completed, is left alone. Throws what the Temporal client throws where the service cannot be reached.
 */
export async function startReturn(client: Client, policy: Policy, returned: StartedReturn): Promise<void> {
  const input: ReturnOrderInput = { ...returned, policy };
  const units = returned.lines.reduce((total, { quantity }) => total + quantity, 0);
  try {
    await client.workflow.start(RETURN_ORDER, {
      workflowId: returnWorkflowIdOf(returned.returnId),
      taskQueue: FULFILMENT_TASK_QUEUE,
      workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
      args: [input],
      staticSummary: `Return ${returned.returnId} of ${returned.orderId} · ${units} ${units === 1 ? 'item' : 'items'}`,
      typedSearchAttributes: new TypedSearchAttributes([
        { key: searchAttributes.returnStatus, value: returned.status },
        { key: searchAttributes.needsAttention, value: false },
      ]),
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

const STOPPED = `WorkflowType = '${RETURN_ORDER}' AND ExecutionStatus IN ('Terminated', 'Failed', 'TimedOut')`;

/** The workflows of returns on a Temporal service. Its methods throw what the client throws. */
export const returnWorkflows = (client: Client, policy: Policy) => ({
  start: (returned: StartedReturn) => startReturn(client, policy, returned),
  /** The ids of returns with a run that was terminated, failed or timed out; they may have ended, or run again. */
  stopped: async function* (): AsyncIterable<string> {
    for await (const { workflowId } of client.workflow.list({ query: STOPPED })) yield returnIdOf(workflowId);
  },
});

type Decide<Input> = (returnId: string, input: Input, terms: UpdateTerms) => Promise<UpdateOutcome<void>>;

/** The Updates that a return's workflow takes. None of them throws for what Temporal or the workflow answers. */
export interface ReturnUpdates {
  authorise: Decide<Decision>;
  reject: Decide<Decision>;
  receive: Decide<Decision>;
  inspect: Decide<ReturnInspection>;
  retryRefund: Decide<Decision>;
  writeOffRefund: Decide<Decision>;
}

/** Sends Updates to the workflows of returns, and waits until each is carried out. */
export function returnUpdates(client: Client): ReturnUpdates {
  const send = updateSender(client, returnWorkflowIdOf);
  return {
    authorise: send(AUTHORISE_RETURN),
    reject: send(REJECT_RETURN),
    receive: send(RECEIVE_RETURN),
    inspect: send(INSPECT_RETURN),
    retryRefund: send(RETRY_REFUND),
    writeOffRefund: send(WRITE_OFF_REFUND),
  };
}
