import type { Money } from '../contracts/money';
import type { Demand } from '../domain/allocation';
import { steps } from '../domain/steps';
import type { Transaction } from '../infra/database/client';
import { dropUnits, orderChanged, readLines } from './dropped-units';
import { runPastPivot } from './run-step';
import { releaseShelves } from './shelves';
import type { StepLedger } from './step-ledger';
import type { ParcelStep } from './warehouse';

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
     * customer. What was captured stays as it is. There is no undo, and nobody to refuse it.
     */
    async dropParcel({ orderId, leg, parcel, shipmentId, limits }: ParcelStep): Promise<DroppedParcel> {
      const step = steps.drop(parcel, leg);
      return runPastPivot<void, DroppedParcel>(ledger, 'inventory', limits, {
        orderId,
        step,
        leg,
        request: { shipmentId },
        perform: () => Promise.resolve(),
        recordIn: async (tx) => {
          const dropped = await linesOnShelf(tx, shipmentId);
          await releaseShelves(tx, { orderId, leg, warehouse: parcel });
          const grand = await dropUnits(tx, orderId, await readLines(tx, orderId), dropped);
          return { result: { dropped, grand }, ...orderChanged(step, dropped, grand) };
        },
      });
    },
  };
}

/** Throws where the parcel is off its shelf, since its goods cannot be freed then: its pack is undone first. */
async function linesOnShelf(tx: Transaction, shipmentId: string): Promise<Demand[]> {
  const lines = await tx.query<Demand>`
    SELECT l.sku, l.quantity FROM orders.shipment s JOIN orders.shipment_line l ON l.shipment_id = s.id
    WHERE s.id = ${shipmentId} AND s.status IN ('allocated', 'returned_to_shelf') ORDER BY l.sku`;
  if (lines.length === 0) throw new Error(`the parcel ${shipmentId} is not on its shelf`);
  return lines;
}
