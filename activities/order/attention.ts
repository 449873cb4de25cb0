import { activityInfo } from '@temporalio/activity';
import type { StuckResolution } from '../../contracts/workflow/decisions';
import { workflowIdOf } from '../../contracts/workflow/ids';
import { mayMove, type OrderStatus } from '../../domain/order-status';
import { stepName, type StepId, type StuckAction } from '../../domain/step-kinds';
import type { Database, Transaction } from '../../infra/database/client';
import { lockOrder, rowsOf, writeEntry } from '../ledger/entry';
import { readNote } from '../ledger/notes';

/** A step that cannot go on without a person. */
export interface StuckStep {
  orderId: string;
  id: StepId;
  /** In plain words, without personal data. */
  why: string;
  actions: readonly StuckAction[];
  /** Counts the run's calls for a person, so that a late attempt of an earlier call changes nothing. */
  occurrence: number;
}

interface Freed {
  orderId: string;
  id: StepId;
  occurrence: number;
  /** Left out if the step went on by itself. */
  resolution?: StuckResolution;
}

/** Calls a person for a step that is stuck, and records how it was freed. */
export function createAttentionActivities({ database }: { database: Database }) {
  return {
    /**
     * Lists the step as stuck and makes its order `needs_attention` if the order's own workflow asks and the order's
     * status allows it. Safe to repeat.
     *
     * @returns since when it is stuck, RFC 3339, and the order's status now
     */
    async raiseAttention(stuckStep: StuckStep): Promise<{ since: string; status: OrderStatus }> {
      const { orderId, id, why } = stuckStep;
      return database.sql.transaction(async (tx) => {
        const order = await lockOrder(tx, orderId);
        const isFresh = await list(tx, stuckStep);
        const status =
          isFresh && ofOrderItself(orderId) && needsAttention(order.status, id) ? 'needs_attention' : order.status;
        if (isFresh) await writeEntry(tx, orderId, { step: stepName(id), note: `stuck: ${why}`, status });
        const [stuck] = await tx.query<{ since: Date }>`
          SELECT since FROM orders.stuck_step WHERE order_id = ${orderId} AND step = ${stepName(id)}`;
        if (stuck === undefined) throw new Error(`step ${stepName(id)} of ${orderId} could not be listed as stuck`);
        return { since: stuck.since.toISOString(), status };
      });
    },

    /**
     * Records that a stuck step goes on, by itself or as a person decided; a skipped one is a write-off in the ledger.
     * When it was the order's last stuck step, the order's status is again what it was. Safe to repeat.
     *
     * @returns the order's status now
     */
    async lowerAttention({ orderId, id, occurrence, resolution }: Freed): Promise<{ status: OrderStatus }> {
      return database.sql.transaction(async (tx) => {
        const order = await lockOrder(tx, orderId);
        const step = stepName(id);
        const [freed] = await tx.query<{ left: number }>`
          UPDATE orders.stuck_step SET resolved_at = now()
          WHERE order_id = ${orderId} AND step = ${step} AND occurrence = ${occurrence} AND run_id = ${runId()}
            AND resolved_at IS NULL
          RETURNING (
            SELECT count(*)::int FROM orders.stuck_step o
            WHERE o.order_id = ${orderId} AND o.step <> ${step} AND o.resolved_at IS NULL) AS left`;
        if (freed === undefined) return { status: order.status };
        if (resolution?.action === 'skip') await skip(tx, orderId, id);
        // What is refunded needs no person any more, but the order goes another way than before.
        const isOver = order.status === 'needs_attention' && freed.left === 0 && resolution?.action !== 'refund';
        const to = isOver ? await statusBefore(tx, orderId) : undefined;
        await writeEntry(tx, orderId, {
          step,
          ...(to && { status: to }),
          ...(resolution ? { actor: resolution.actor, note: await told(tx, resolution) } : { note: 'no longer stuck' }),
        });
        return { status: to ?? order.status };
      });
    },
  };
}

const runId = (): string => activityInfo().workflowExecution?.runId ?? '';
const workflowId = (): string => activityInfo().workflowExecution?.workflowId ?? '';
const ofOrderItself = (orderId: string): boolean => workflowId() === workflowIdOf(orderId);

/** Lists the step; resolves to false if it is listed already, or this call comes late. */
async function list(tx: Transaction, { orderId, id, why, actions, occurrence }: StuckStep): Promise<boolean> {
  const listed = await tx.query`
    INSERT INTO orders.stuck_step AS s (order_id, step, reason, actions, occurrence, workflow_id, run_id)
    VALUES (${orderId}, ${stepName(id)}, ${why}, ${[...actions]}::text[], ${occurrence}, ${workflowId()}, ${runId()})
    ON CONFLICT (order_id, step) DO UPDATE SET reason = excluded.reason, actions = excluded.actions,
      since = CASE WHEN s.resolved_at IS NULL THEN s.since ELSE now() END, occurrence = excluded.occurrence,
      workflow_id = excluded.workflow_id, run_id = excluded.run_id, resolved_at = NULL
    WHERE s.run_id <> excluded.run_id OR s.occurrence < excluded.occurrence
    RETURNING step`;
  return listed.length > 0;
}

/**
 * Whether a stuck step changes the order's status. A packed order may be retried with another leg, to which no way
 * leads from `needs_attention`, unless it is its capture that is stuck.
 */
const needsAttention = (status: OrderStatus, { kind }: StepId): boolean =>
  mayMove(status, 'needs_attention') && (status !== 'packed' || kind === 'capture' || kind === 'stop');

/** The status that an order which needs attention has again: its last other one; undefined if no way leads there. */
async function statusBefore(tx: Transaction, orderId: string): Promise<OrderStatus | undefined> {
  const [before] = await tx.query<{ status: OrderStatus }>`
    SELECT status FROM orders.timeline_entry
    WHERE order_id = ${orderId} AND status <> 'needs_attention' ORDER BY id DESC LIMIT 1`;
  return before && mayMove('needs_attention', before.status) ? before.status : undefined;
}

/** What is undone already, or refunded, is not written off. */
const skip = (tx: Transaction, orderId: string, id: StepId) => tx.query`
  INSERT INTO orders.saga_step AS s (order_id, step, kind, leg, parcel, carrier, "grant", subject, state)
  SELECT ${orderId}, r.*, 'skipped' FROM ${rowsOf([id])}
  ON CONFLICT (order_id, step) DO UPDATE SET state = 'skipped'
  WHERE s.state <> 'undone' AND NOT (s.state = 'applied' AND s.kind = 'refund')`;

const WORDS: Record<StuckAction, string> = {
  retry: 'to be retried at once',
  skip: 'skipped: written off',
  refund: 'not to be handed over: what cannot ship is refunded',
};

async function told(tx: Transaction, resolution: StuckResolution): Promise<string> {
  const note = await readNote(tx, resolution);
  const words = WORDS[resolution.action];
  return note === undefined ? words : `${words}; ${note}`;
}
