import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
  type Client,
  type WorkflowStartOptions,
} from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import type { Policy } from '../contracts/policy';
import { returnWorkflowIdOf, undoWorkflowIdOf, workflowIdOf } from '../contracts/workflow/ids';
import {
  FULFIL_ORDER,
  UNDO_LATE_EFFECT,
  type Beginning,
  type FulfilmentOrder,
  type FulfilOrderInput,
  type UndoLateEffectInput,
} from '../contracts/workflow/order';
import { RETURN_ORDER, type ReturnOrderInput, type StartedReturn } from '../contracts/workflow/return';
import { searchAttributes } from '../contracts/workflow/search-attributes';
import { FULFILMENT_TASK_QUEUE } from '../contracts/workflow/task-queues';
import { format } from '../domain/money';
import { stepName } from '../domain/step-kinds';

/**
 * Starts the workflow of an order. Safe to call again: a workflow that runs is left alone, and one that has closed is
 * started again only to recover its order. Throws what the Temporal client throws if the service cannot be reached.
 */
export async function startFulfilment(
  client: Client,
  policy: Policy,
  order: FulfilmentOrder,
  beginning: Beginning = {},
): Promise<void> {
  const { id, country, grand, lines, shipAvailable, backorder } = order;
  const input: FulfilOrderInput = {
    orderId: id,
    country,
    grand: { amount: grand.amount, currency: grand.currency },
    lines: lines.map(({ sku, quantity }) => ({ sku, quantity })),
    ...(shipAvailable && { shipAvailable: true }),
    ...(backorder && { backorder: true }),
    ...beginning,
    policy,
  };
  await start(client, FULFIL_ORDER, beginning.recover === true, {
    workflowId: workflowIdOf(id),
    args: [input],
    staticSummary: `Order ${id} · ${itemsIn(lines)} · ${format(grand)}`,
    typedSearchAttributes: new TypedSearchAttributes([
      { key: searchAttributes.orderStatus, value: 'created' },
      { key: searchAttributes.needsAttention, value: false },
      { key: searchAttributes.country, value: country },
    ]),
  });
}

/** Starts the workflow of a return, or recovers it. Safe to call again. Throws as {@link startFulfilment}. */
export async function startReturn(client: Client, policy: Policy, returned: StartedReturn): Promise<void> {
  const { returnId, orderId, lines, status } = returned;
  const input: ReturnOrderInput = { ...returned, policy };
  await start(client, RETURN_ORDER, true, {
    workflowId: returnWorkflowIdOf(returnId),
    args: [input],
    staticSummary: `Return ${returnId} of ${orderId} · ${itemsIn(lines)}`,
    typedSearchAttributes: new TypedSearchAttributes([
      { key: searchAttributes.returnStatus, value: status },
      { key: searchAttributes.needsAttention, value: false },
    ]),
  });
}

/** Starts the workflow that undoes an effect which came late. Safe to call again. Throws as {@link startFulfilment}. */
export async function startLateUndo(
  client: Client,
  policy: Policy,
  late: Omit<UndoLateEffectInput, 'policy'>,
): Promise<void> {
  const input: UndoLateEffectInput = { ...late, policy };
  await start(client, UNDO_LATE_EFFECT, true, {
    workflowId: undoWorkflowIdOf(late.orderId, late.step),
    args: [input],
    staticSummary: `Undo ${stepName(late.step)} of ${late.orderId}, which came late`,
    typedSearchAttributes: new TypedSearchAttributes([{ key: searchAttributes.needsAttention, value: false }]),
  });
}

async function start(
  client: Client,
  type: string,
  again: boolean,
  options: Omit<WorkflowStartOptions, 'taskQueue'>,
): Promise<void> {
  const { ALLOW_DUPLICATE, REJECT_DUPLICATE } = WorkflowIdReusePolicy;
  try {
    await client.workflow.start(type, {
      ...options,
      taskQueue: FULFILMENT_TASK_QUEUE,
      workflowIdReusePolicy: again ? ALLOW_DUPLICATE : REJECT_DUPLICATE,
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

const itemsIn = (lines: readonly { quantity: number }[]): string => {
  const units = lines.reduce((total, { quantity }) => total + quantity, 0);
  return `${units} ${units === 1 ? 'item' : 'items'}`;
};
