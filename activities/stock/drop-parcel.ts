import type { Money } from '../../domain/money';
import type { StepInput } from '../../contracts/workflow/order';
import { stepName, type StepId } from '../../domain/step-kinds';
import type { Transaction } from '../../infra/database/client';
import { dropUnits, orderChanged, readLines } from './dropped-units';
import { runPastPivot } from '../ledger/run-step';
import { releaseShelves } from './shelves';
import type { StepLedger } from '../ledger/step-ledger';

/** What was taken out of an order, and its total without it. */
export interface DroppedParcel {
  dropped: { sku: string; quantity: number }[];
  grand: Money;
}

/** Takes what cannot ship out of an order that ships what it can. */
export function createDropParcelActivities({ ledger }: { ledger: StepLedger }) {
  return {
    /**
     * Takes a parcel whose goods are on their shelf out of its order: frees them, prices the order again and tells the
     * customer. An order of which all other parcels are packed is `packed` then. What was captured stays as it is. There
     * is no undo, and nobody to refuse it.
     *
     * @returns what was dropped with it, and what the order costs now; repeated, also without what was dropped since
     */
    async dropParcel({ orderId, leg = 1, parcel = '', limits }: StepInput): Promise<DroppedParcel> {
      const id: StepId = { kind: 'drop', leg, parcel };
      const dropped = await runPastPivot<void, DroppedParcel['dropped']>(ledger, 'inventory', limits, {
        orderId,
        id,
        request: () => ({ leg, parcel }),
        perform: () => Promise.resolve(),
        recordIn: async (tx) => {
          const lines = await takeOut(tx, { orderId, leg, parcel });
          const result = lines.map(({ sku, quantity }) => ({ sku, quantity }));
          await releaseShelves(tx, { orderId, leg, warehouse: parcel });
          const grand = await dropUnits(tx, orderId, await readLines(tx, orderId), result);
          const change = orderChanged(id, result, grand);
          if (lines[0]?.othersPacked !== true) return { result, ...change };
          const events = [...change.events, { topic: 'orders.packed' as const, version: 1, data: {} }];
          return { result, ...change, status: 'packed', events };
        },
      });
      const { grand } = await readLines(ledger.database.sql, orderId);
      return { dropped, grand };
    },
  };
}

/**
 * Marks the parcel as one that stays on its shelf, and returns what it held. Throws if it is off its shelf, because its
 * goods cannot be freed then: its pack is undone first, or a person wrote that off.
 */
async function takeOut(
  tx: Transaction,
  { orderId, leg, parcel }: { orderId: string; leg: number; parcel: string },
): Promise<{ sku: string; quantity: number; othersPacked: boolean }[]> {
  const lines = await tx.query<{ sku: string; quantity: number; othersPacked: boolean }>`
    WITH shelved AS (
      UPDATE orders.shipment SET status = 'returned_to_shelf'
      WHERE order_id = ${orderId} AND leg = ${leg} AND warehouse = ${parcel} AND (status IN ('allocated', 'returned_to_shelf') OR EXISTS (
        SELECT FROM orders.saga_step
        WHERE order_id = ${orderId} AND step = ${stepName({ kind: 'pack', leg, parcel })} AND state = 'skipped'))
      RETURNING id
    ), others AS (
      SELECT bool_or(status IN ('packed', 'booked')) AS packed, bool_or(status = 'allocated') AS allocated
      FROM orders.shipment WHERE order_id = ${orderId} AND leg = ${leg} AND warehouse <> ${parcel}
    )
    SELECT l.sku, l.quantity, coalesce(o.status = 'authorised' AND packed AND NOT allocated, false) AS "othersPacked"
    FROM shelved JOIN orders.shipment_line l ON l.shipment_id = shelved.id
    JOIN orders.orders o ON o.id = ${orderId} CROSS JOIN others
    ORDER BY l.sku`;
  if (lines.length === 0) throw new Error(`the parcel of leg ${leg} in ${parcel} is not on its shelf`);
  return lines;
}
