import type { Client } from '@temporalio/client';
import { Client as Postgres } from 'pg';
import { workflowIdOf } from '../contracts/workflow/ids';

/** What an order leaves in its workflow's history, from acceptance to delivery. */
export interface HistoryShape {
  events: number;
  workflowTasks: number;
  regularActivities: number;
  localActivities: number;
}

/** The marker by which the SDK records that a local activity has run. */
const LOCAL_ACTIVITY = 'core_local_activity';

/** Counts what an order's workflow has left in its history. */
export async function shapeOfHistory(client: Client, orderId: string): Promise<HistoryShape> {
  const { events } = await client.workflow.getHandle(workflowIdOf(orderId)).fetchHistory();
  const all = events ?? [];
  return {
    events: all.length,
    workflowTasks: all.filter((event) => event.workflowTaskCompletedEventAttributes).length,
    regularActivities: all.filter((event) => event.activityTaskScheduledEventAttributes).length,
    localActivities: all.filter((event) => event.markerRecordedEventAttributes?.markerName === LOCAL_ACTIVITY).length,
  };
}

/** The steps that the ledger holds for an order, in the order in which they were applied. */
export async function stepsOf(url: string, orderId: string): Promise<string[]> {
  const client = new Postgres({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ step: string }>(
      'SELECT step FROM orders.saga_step WHERE order_id = $1 ORDER BY applied_at, step',
      [orderId],
    );
    return rows.map(({ step }) => step);
  } finally {
    await client.end();
  }
}
