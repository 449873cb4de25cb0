import { reasons, type Reason, type UndoneStatus } from '../contracts/failures';
import type { MessageTemplate } from '../contracts/messages';
import { isAtRest, mayMove } from '../domain/order-status';
import type { Database } from '../infra/database/client';
import { lockOrder, writeEntry } from './books';

const MESSAGES: Record<UndoneStatus, MessageTemplate> = {
  cancelled: 'order-cancelled',
  rejected: 'order-rejected',
  expired: 'order-expired',
  failed: 'order-failed',
};

/** Begins and ends the undoing of an order. */
export function createUnwindingActivities({ database }: { database: Database }) {
  return {
    /**
     * Moves the order's fence, so that no forward step can be applied any more, and its status. Safe to repeat. Resolves
     * to false, and changes nothing, where the order is past its pivot.
     */
    async beginUnwinding({ orderId, reason }: { orderId: string; reason: Reason }): Promise<boolean> {
      return database.sql.transaction(async (tx) => {
        const order = await lockOrder(tx, orderId);
        if (order.fenced) return true;
        if (!mayMove(order.status, 'compensating')) return false;
        await tx.query`UPDATE orders.orders SET fenced = true WHERE id = ${orderId}`;
        await writeEntry(tx, orderId, {
          step: null,
          status: 'compensating',
          reason,
          note: reasons[reason].text,
          events: [{ topic: 'saga.compensate', version: 1, data: { reason } }],
        });
        return true;
      });
    },

    /** Writes the resting status of an order that is undone. Safe to repeat. */
    async finishUnwinding({ orderId, reason }: { orderId: string; reason: Reason }): Promise<void> {
      await database.sql.transaction(async (tx) => {
        const order = await lockOrder(tx, orderId);
        if (isAtRest(order.status)) return;
        const { status } = reasons[reason];
        await writeEntry(tx, orderId, {
          step: null,
          status,
          reason,
          messages: [MESSAGES[status]],
          events: [{ topic: 'orders.undone', version: 1, data: { status, reason } }],
        });
      });
    },
  };
}
