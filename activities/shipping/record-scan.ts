import type { CarrierScan } from '../../contracts/workflow/order';
import type { Database } from '../../infra/database/client';
import { lockOrder, writeEntry } from '../ledger/entry';

/** The parcel statuses that a scan may follow: a scan that comes twice or too late changes nothing. */
const MAY_FOLLOW: Record<CarrierScan['status'], string[]> = {
  in_transit: ['handed_over'],
  delivered: ['handed_over', 'in_transit'],
};

/** Follows parcels to their delivery. */
export function createDeliveryActivities({ database }: { database: Database }) {
  return {
    /** Records a carrier's scan; the last delivered parcel delivers the order. Safe to repeat. */
    async recordScan({ orderId, shipmentId, status }: CarrierScan & { orderId: string }): Promise<void> {
      await database.sql.transaction(async (tx) => {
        await lockOrder(tx, orderId);
        const [moved] = await tx.query<{ parcel: string }>`
          UPDATE orders.shipment SET status = ${status}
          WHERE id = ${shipmentId} AND order_id = ${orderId} AND status = ANY(${MAY_FOLLOW[status]})
          RETURNING warehouse AS parcel`;
        if (moved === undefined) return;
        const [row] = await tx.query<{ open: number }>`
          SELECT count(*)::int AS open FROM orders.shipment
          WHERE order_id = ${orderId} AND status IN ('handed_over', 'in_transit')`;
        const entry = { step: `scan/${moved.parcel}`, note: `parcel ${status.replace('_', ' ')}` };
        const last = status === 'delivered' && row?.open === 0;
        await writeEntry(tx, orderId, {
          ...entry,
          ...(last && {
            status: 'delivered',
            messages: ['order-delivered'],
            events: [{ topic: 'orders.delivered', version: 1, data: {} }],
          }),
        });
      });
    },
  };
}
