import { returnWorkflowIdOf } from '../contracts/workflow/ids';
import type { OrderStatus } from '../domain/order-status';
import type { ReturnStatus } from '../domain/return-status';
import type { Queryable } from '../infra/database/client';

/** What a person decided, as it is sent to a workflow. */
export interface StoredDecision {
  /** The id of its Update, and of its note. */
  id: string;
  orderId: string;
  workflowId: string;
  update: string;
  /** Ids and codes only; the note's text is a row of its own. */
  payload: object;
}

/** Records a decision before it is sent; with its outcome, if the books alone prove that. */
export async function storeDecision(
  database: Queryable,
  { id, orderId, workflowId, update, payload }: StoredDecision,
  outcome?: object,
): Promise<void> {
  const settled = outcome === undefined ? null : JSON.stringify(outcome);
  await database.query`
    INSERT INTO orders.decision (id, order_id, workflow_id, update_name, payload, settled_at, outcome)
    VALUES (${id}, ${orderId}, ${workflowId}, ${update}, ${JSON.stringify(payload)}::jsonb,
      CASE WHEN ${settled}::jsonb IS NOT NULL THEN now() END, ${settled}::jsonb)`;
}

/** The outcome of a decision; undefined while it is not settled. */
export async function outcomeOf(database: Queryable, id: string): Promise<object | undefined> {
  const [row] = await database.query<{ outcome: object | null }>`SELECT outcome FROM orders.decision WHERE id = ${id}`;
  return row?.outcome ?? undefined;
}

/** Settles a decision with its outcome; the first outcome stands. */
export const settleDecision = (database: Queryable, id: string, outcome: object): Promise<unknown> =>
  database.query`
    UPDATE orders.decision SET settled_at = now(), outcome = ${JSON.stringify(outcome)}::jsonb
    WHERE id = ${id} AND settled_at IS NULL`;

/** A decision that Temporal has not answered. */
export interface UnsettledDecision extends StoredDecision {
  /** The status of the return that it is about, if it is about one; the order's otherwise. */
  status: OrderStatus | ReturnStatus;
  /** Whether its workflow waits for a person to free a step. */
  isStuck: boolean;
}

/** The decisions that Temporal has not answered since before `before`, oldest first. */
export const unsettledDecisions = (database: Queryable, before: Date, limit: number): Promise<UnsettledDecision[]> =>
  database.query<UnsettledDecision>`
    SELECT d.id, d.order_id AS "orderId", d.workflow_id AS "workflowId", d.update_name AS update, d.payload,
      coalesce(r.status, o.status) AS status,
      EXISTS (
        SELECT FROM orders.stuck_step s
        WHERE s.order_id = o.id AND s.workflow_id = d.workflow_id AND s.resolved_at IS NULL) AS "isStuck"
    FROM orders.decision d JOIN orders.orders o ON o.id = d.order_id
    LEFT JOIN orders.return r ON r.order_id = o.id AND d.workflow_id = ${returnWorkflowIdOf('')} || r.id
    WHERE d.settled_at IS NULL AND d.decided_at < ${before} ORDER BY d.decided_at LIMIT ${limit}`;

/**
 * Whether a decision is due by the books: its step is listed as stuck, or its order or return stands where it is taken. A
 * run that refuses it all the same does not know yet what the books know, and is asked again.
 */
export async function isDue(database: Queryable, id: string): Promise<boolean> {
  const due = await database.query`
    SELECT FROM orders.decision d JOIN orders.orders o ON o.id = d.order_id
    LEFT JOIN orders.return r ON r.order_id = o.id AND d.workflow_id = ${returnWorkflowIdOf('')} || r.id
    LEFT JOIN orders.stuck_step s ON s.order_id = o.id AND s.step = d.payload->>'step' AND s.resolved_at IS NULL
    WHERE d.id = ${id} AND CASE d.update_name
      WHEN 'resolveStuckStep' THEN s.step IS NOT NULL
      WHEN 'decideReview' THEN o.status = 'in_review'
      WHEN 'authoriseReturn' THEN r.status = 'requested'
      WHEN 'rejectReturn' THEN r.status = 'requested'
      WHEN 'receiveReturn' THEN r.status = 'authorised'
      WHEN 'inspectReturn' THEN r.status = 'received'
      ELSE false END`;
  return due.length > 0;
}
