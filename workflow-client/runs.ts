import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { BOOKS_MOVED, FULFIL_ORDER, RUN_STATUS } from '../contracts/workflow/order';
import type { OrderStatus } from '../domain/order-status';

/** The most workflow ids in one query to Temporal's visibility. */
const MOST_AT_ONCE = 100;

/** How long a run may take to say its status. */
const QUERY_MS = 2000;

/** The workflows among these that run, as Temporal's visibility lists them, which may be some seconds late. */
export async function openAmong(client: Client, workflowIds: readonly string[]): Promise<Set<string>> {
  const open = new Set<string>();
  for (let from = 0; from < workflowIds.length; from += MOST_AT_ONCE) {
    const ids = workflowIds.slice(from, from + MOST_AT_ONCE).map((id) => `'${id}'`);
    const query = `WorkflowId IN (${ids.join(', ')}) AND ExecutionStatus = 'Running'`;
    for await (const { workflowId } of client.workflow.list({ query })) open.add(workflowId);
  }
  return open;
}

/** How the newest run of a workflow stands: it runs, was terminated, has closed by itself, or Temporal knows none. */
export async function newestRun(
  client: Client,
  workflowId: string,
): Promise<'running' | 'terminated' | 'closed' | 'unknown'> {
  try {
    const { status } = await client.workflow.getHandle(workflowId).describe();
    if (status.name === 'RUNNING') return 'running';
    return status.name === 'TERMINATED' ? 'terminated' : 'closed';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'unknown';
    throw error;
  }
}

/** The workflow ids of orders' runs that were started after a time and run still. */
export async function* runningSince(client: Client, since: Date): AsyncIterable<string> {
  const query = `WorkflowType = '${FULFIL_ORDER}' AND ExecutionStatus = 'Running' AND StartTime > '${since.toISOString()}'`;
  for await (const { workflowId } of client.workflow.list({ query })) yield workflowId;
}

/** The status that an order's run has reached. Throws if it does not answer in time. */
export const statusOfRun = (client: Client, workflowId: string): Promise<OrderStatus> =>
  client.withDeadline(Date.now() + QUERY_MS, () =>
    client.workflow.getHandle(workflowId).query<OrderStatus>(RUN_STATUS),
  );

/** Signals a workflow that the books have news for it; does nothing if it does not run. */
export async function tellBooksMoved(client: Client, workflowId: string): Promise<void> {
  try {
    await client.workflow.getHandle(workflowId).signal(BOOKS_MOVED);
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}
