import { Client } from 'pg';
import { workflowIdOf } from '../contracts/workflow/ids';
import { restingStatuses, type OrderStatus } from '../domain/order-status';
import type { Violation } from './verify';

/** How long the books may be ahead of an order's run, or an order without one: a sweep repairs both before. */
const PATIENCE = '1 minute';

/** The runs of orders on a Temporal service. */
export interface CheckedRuns {
  openAmong(workflowIds: readonly string[]): Promise<ReadonlySet<string>>;
  newestRun(workflowId: string): Promise<'running' | 'terminated' | 'closed' | 'unknown'>;
  statusOfRun(workflowId: string): Promise<OrderStatus>;
}

interface OpenOrder {
  id: string;
  status: OrderStatus;
  isFollowed: boolean;
}

/** Checks that each order that is not at rest has an open run, which has reached the same status as the books. Throws if it cannot be. */
export async function checkRuns(connectionString: string, runs: CheckedRuns): Promise<Violation[]> {
  const orders = await openOrders(connectionString);
  const open = await runs.openAmong(orders.map(({ id }) => workflowIdOf(id)));
  const violations: Violation[] = [];
  for (const { id, status, isFollowed } of orders) {
    const workflowId = workflowIdOf(id);
    if (!open.has(workflowId) && (await runs.newestRun(workflowId)) !== 'running') {
      violations.push({ check: 'run', rule: RUN, subject: id, expected: 'an open run', found: `none, ${status}` });
      continue;
    }
    const ofRun = isFollowed ? status : await runs.statusOfRun(workflowId);
    if (ofRun !== status) {
      violations.push({ check: 'ahead', rule: AHEAD, subject: id, expected: `a run that is ${status}`, found: ofRun });
    }
  }
  return violations;
}

const RUN = 'each order that is not at rest has an open run';
const AHEAD = `the books are not ahead of an order's run for longer than ${PATIENCE}`;

async function openOrders(connectionString: string): Promise<OpenOrder[]> {
  const client = new Client({ connectionString, application_name: 'verify-books', connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    const { rows } = await client.query<OpenOrder>(
      `SELECT id, status, followed IS NOT DISTINCT FROM status AS "isFollowed" FROM orders.orders
       WHERE status <> ALL($1) AND updated_at < now() - $2::interval ORDER BY id`,
      [[...restingStatuses], PATIENCE],
    );
    return rows;
  } finally {
    await client.end();
  }
}
