import type { StuckAction, StuckResolution } from '../../contracts/workflow/order';
import { mayMove, type OrderStatus } from '../../domain/order-status';
import { steps } from '../../domain/steps';
import type { Database, Transaction } from '../../infra/database/client';
import { lockOrder, writeEntry } from '../ledger/entry';
import { readNote } from '../ledger/notes';

/** A step that cannot go on without a person. */
export interface StuckStep {
  orderId: string;
  step: string;
  /** In plain words, without personal data. */
  why: string;
  actions: readonly StuckAction[];
  /** Counts the order's calls for a person, so that a late try of an earlier one changes nothing. */
  occurrence: number;
}

/** Calls a person for a step that is stuck, and writes down how it was freed. */
export function createAttentionActivities({ database }: { database: Database }) {
  return {
    /**
     * Lists the step as stuck and makes the order `needs_attention`, where its status allows it. Safe to repeat.
     *
     * @returns since when it is stuck, RFC 3339, and the order's status now
     */
    async raiseAttention(stuckStep: StuckStep): Promise<{ since: string; status: OrderStatus }> {
      const { orderId, step, why } = stuckStep;
      return database.sql.transaction(async (tx) => {
        const order = await lockOrder(tx, orderId);
        const fresh = await list(tx, stuckStep);
        const status = fresh && needsAttention(order.status, step) ? 'needs_attention' : order.status;
        if (fresh) await writeEntry(tx, orderId, { step, note: `stuck: ${why}`, status });
        const [stuck] = await tx.query<{ since: Date }>`
          SELECT since FROM orders.stuck_step WHERE order_id = ${orderId} AND step = ${step}`;
        if (stuck === undefined) throw new Error(`step ${step} of ${orderId} could not be listed as stuck`);
        return { since: stuck.since.toISOString(), status };
      });
    },

    /**
     * Writes that a stuck step goes on, by itself or as a person decided; skipped, its ledger row says so for good. When
     * it was the last one, the order's status is again what it was. Safe to repeat.
     *
     * @returns the order's status now
     */
    async lowerAttention({ orderId, step, occurrence, resolution }: Freed): Promise<{ status: OrderStatus }> {
      return database.sql.transaction(async (tx) => {
        const order = await lockOrder(tx, orderId);
        const [freed] = await tx.query<{ left: number }>`
          UPDATE orders.stuck_step SET resolved_at = now()
          WHERE order_id = ${orderId} AND step = ${step} AND occurrence = ${occurrence} AND resolved_at IS NULL
          RETURNING (
            SELECT count(*)::int FROM orders.stuck_step o
            WHERE o.order_id = ${orderId} AND o.step <> ${step} AND o.resolved_at IS NULL) AS left`;
        if (freed === undefined) return { status: order.status };
        if (resolution?.action === 'skip') await skip(tx, orderId, step);
        // What is refunded needs no person any more, but the order goes another way than before.
        const over = order.status === 'needs_attention' && freed.left === 0 && resolution?.action !== 'refund';
        const to = over ? await statusBefore(tx, orderId) : undefined;
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

interface Freed {
  orderId: string;
  step: string;
  occurrence: number;
  /** Left out where it went on by itself. */
  resolution?: Omit<StuckResolution, 'step'>;
}

/** Lists the step; resolves to false where it is listed already, or this call comes late. */
async function list(tx: Transaction, { orderId, step, why, actions, occurrence }: StuckStep): Promise<boolean> {
  const listed = await tx.query`
    INSERT INTO orders.stuck_step AS s (order_id, step, reason, actions, occurrence)
    VALUES (${orderId}, ${step}, ${why}, ${[...actions]}::text[], ${occurrence})
    ON CONFLICT (order_id, step) DO UPDATE SET reason = excluded.reason, actions = excluded.actions,
      since = CASE WHEN s.resolved_at IS NULL THEN s.since ELSE now() END, occurrence = excluded.occurrence,
      resolved_at = NULL
    WHERE s.occurrence < excluded.occurrence
    RETURNING step`;
  return listed.length > 0;
}

/**
 * Whether a stuck step changes the order's status. A packed order may be tried again with another leg, to which no way
 * leads from `needs_attention`, unless it is its capture that is stuck.
 */
const needsAttention = (status: OrderStatus, step: string): boolean =>
  mayMove(status, 'needs_attention') && (status !== 'packed' || step === steps.capture);

/** The status that an order which needs attention has again: its last other one; undefined where none leads there. */
async function statusBefore(tx: Transaction, orderId: string): Promise<OrderStatus | undefined> {
  const [before] = await tx.query<{ status: OrderStatus }>`
    SELECT status FROM orders.timeline_entry
    WHERE order_id = ${orderId} AND status <> 'needs_attention' ORDER BY id DESC LIMIT 1`;
  return before && mayMove('needs_attention', before.status) ? before.status : undefined;
}

/** What is undone already, or refunded, is not written off. */
const skip = (tx: Transaction, orderId: string, step: string) => tx.query`
  INSERT INTO orders.saga_step AS s (order_id, step, state) VALUES (${orderId}, ${step}, 'skipped')
  ON CONFLICT (order_id, step) DO UPDATE SET state = 'skipped'
  WHERE s.state <> 'undone' AND NOT (s.state = 'applied' AND s.step ~ '^refund/')`;

const WORDS: Record<StuckAction, string> = {
  retry: 'tried again',
  skip: 'skipped: written off',
  refund: 'given up: what cannot ship is refunded',
};

async function told(tx: Transaction, { action, noteId }: Omit<StuckResolution, 'step'>): Promise<string> {
  const note = await readNote(tx, noteId);
  return note === undefined ? WORDS[action] : `${WORDS[action]}; ${note}`;
}
