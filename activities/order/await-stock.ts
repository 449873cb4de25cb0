import type { StepInput } from '../../contracts/workflow/order';
import type { Database } from '../../infra/database/client';
import { lockOrder, writeEntry } from '../ledger/entry';

/** The longest wait of one timer: a hundred years, which every timer can count. */
const LONGEST_MS = 100 * 365 * 24 * 3600 * 1000;

/** Lets an order wait for stock. */
export function createBackorderActivities({ database }: { database: Database }) {
  return {
    /**
     * Makes the order `awaiting_stock` and informs the customer until when it waits. Safe to repeat: it changes nothing
     * if the order waits already, does not any more, or is being undone.
     *
     * @returns how long its deadline is off, by the database's clock; 0 once it has passed, or if the order does not wait
     */
    async awaitStock({ orderId }: Pick<StepInput, 'orderId'>): Promise<{ remainingMs: number }> {
      return database.sql.transaction(async (tx) => {
        const { status, fenced } = await lockOrder(tx, orderId);
        if (fenced || (status !== 'validated' && status !== 'awaiting_stock')) return { remainingMs: 0 };
        const [order] = await tx.query<{ until: Date; remainingMs: number }>`
          SELECT backorder_until AS until,
            greatest(0, ceil(extract(epoch FROM backorder_until - clock_timestamp()) * 1000))::float8 AS "remainingMs"
          FROM orders.orders WHERE id = ${orderId} AND backorder_until IS NOT NULL`;
        if (order === undefined) throw new Error(`order ${orderId} has no deadline to wait for stock until`);
        if (status === 'validated') {
          const data = { backorderUntil: order.until.toISOString() };
          await writeEntry(tx, orderId, {
            step: null,
            status: 'awaiting_stock',
            note: `waits for stock until ${data.backorderUntil}`,
            messages: [{ template: 'order-backordered', data }],
            events: [{ topic: 'orders.backordered', version: 1, data }],
          });
        }
        return { remainingMs: Math.min(order.remainingMs, LONGEST_MS) };
      });
    },
  };
}
