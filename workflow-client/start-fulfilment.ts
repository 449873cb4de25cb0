import {
  WorkflowExecutionAlreadyStartedError,
  type Client,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
} from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import type { Money } from '../contracts/http/money';
import type { Policy } from '../contracts/policy';
import { FULFIL_ORDER, type FulfilOrderInput } from '../contracts/workflow/order';
import { FULFILMENT_TASK_QUEUE } from '../contracts/workflow/task-queues';
import { searchAttributes } from '../contracts/workflow/search-attributes';
import { format } from '../domain/money';
import { workflowIdOf } from '../domain/steps';

/** What of an order goes into its workflow's history. */
export interface FulfilmentOrder {
  id: string;
  country: string;
  grand: Money;
  lines: { sku: string; quantity: number }[];
  /** Whether it ships what it can; else all or nothing. */
  shipAvailable: boolean;
  /** Whether it waits for stock that there is not yet. */
  backorder: boolean;
}

/**
 * Starts the order's workflow. Safe to call again: an order that has a workflow, running or closed, keeps it. Throws
 * what the Temporal client throws where the service cannot be reached.
 */
export async function startFulfilment(client: Client, policy: Policy, order: FulfilmentOrder): Promise<void> {
  await start(client, inputOf(policy, order), order, WorkflowIdReusePolicy.REJECT_DUPLICATE);
}

/**
 * Takes up an order whose workflow was terminated or failed. Safe to call again: a workflow that runs, or that completed,
 * is left alone. Throws what the Temporal client throws where the service cannot be reached.
 *
 * @param order - with how often a person was called for it
 */
export async function resumeFulfilment(
  client: Client,
  policy: Policy,
  { occurrences, ...order }: FulfilmentOrder & { occurrences: number },
): Promise<void> {
  const input: FulfilOrderInput = { ...inputOf(policy, order), recover: true, ...(occurrences > 0 && { occurrences }) };
  await start(client, input, order, WorkflowIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY);
}

const inputOf = (policy: Policy, order: FulfilmentOrder): FulfilOrderInput => ({
  orderId: order.id,
  country: order.country,
  grand: order.grand,
  lines: order.lines.map(({ sku, quantity }) => ({ sku, quantity })),
  ...(order.shipAvailable && { shipAvailable: true }),
  ...(order.backorder && { backorder: true }),
  policy,
});

async function start(
  client: Client,
  input: FulfilOrderInput,
  order: FulfilmentOrder,
  workflowIdReusePolicy: WorkflowIdReusePolicy,
): Promise<void> {
  try {
    await client.workflow.start(FULFIL_ORDER, {
      workflowId: workflowIdOf(order.id),
      taskQueue: FULFILMENT_TASK_QUEUE,
      workflowIdReusePolicy,
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
      args: [input],
      staticSummary: summary(order),
      typedSearchAttributes: new TypedSearchAttributes([
        { key: searchAttributes.orderStatus, value: 'created' },
        { key: searchAttributes.needsAttention, value: false },
        { key: searchAttributes.country, value: order.country },
      ]),
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

function summary({ id, lines, grand }: FulfilmentOrder): string {
  const units = lines.reduce((total, line) => total + line.quantity, 0);
  return `Order ${id} · ${units} ${units === 1 ? 'item' : 'items'} · ${format(grand)}`;
}
