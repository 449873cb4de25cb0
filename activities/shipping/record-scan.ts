import type { CarrierScan } from '../../contracts/workflow/order';
import { mayMove, type ParcelStatus } from '../../domain/order-status';
import type { Database } from '../../infra/database/client';
import { lockOrder, writeEntry } from '../ledger/entry';

/** The parcel statuses that a scan may follow. */
const MAY_FOLLOW: Record<CarrierScan['status'], ParcelStatus[]> = {
  in_transit: ['handed_over'],
  delivered: ['handed_over', 'in_transit'],
};

/** The parcel statuses in which a scan comes before our books know of the hand-over. */
const TOO_EARLY: ParcelStatus[] = ['allocated', 'packed', 'booked'];

/** What a scan did: nothing new, too early to record, one parcel's status, or the order's delivery. */
export type ScanEffect = 'known' | 'too_early' | 'recorded' | 'order_delivered';

/**
 * Records a carrier's scan: whoever receives it calls this, and tells the order's workflow if the order is delivered.
 * The last delivered parcel delivers the order. Idempotent.
 */
export async function recordScan(
  database: Database,
  { orderId, shipmentId, status }: CarrierScan & { orderId: string },
): Promise<ScanEffect> {
  return database.sql.transaction(async (tx) => {
    const order = await lockOrder(tx, orderId);
    const [parcel] = await tx.query<{ name: string; status: ParcelStatus; othersOpen: boolean }>`
      SELECT warehouse AS name, status, EXISTS (
        SELECT FROM orders.shipment other
        WHERE other.order_id = ${orderId} AND other.id <> ${shipmentId} AND other.status IN ('handed_over', 'in_transit')
      ) AS "othersOpen"
      FROM orders.shipment WHERE id = ${shipmentId} AND order_id = ${orderId}`;
    if (parcel === undefined) return 'known';
    if (TOO_EARLY.includes(parcel.status)) return 'too_early';
    if (!MAY_FOLLOW[status].includes(parcel.status)) return 'known';
    const isLast = status === 'delivered' && !parcel.othersOpen;
    if (isLast && !mayMove(order.status, 'delivered')) return 'too_early';
    await tx.query`UPDATE orders.shipment SET status = ${status} WHERE id = ${shipmentId}`;
    await writeEntry(tx, orderId, {
      step: `scan/${parcel.name}`,
      note: `parcel ${status.replace('_', ' ')}`,
      ...(isLast && {
        status: 'delivered',
        messages: ['order-delivered'],
        events: [{ topic: 'orders.delivered', version: 1, data: {} }],
      }),
    });
    return isLast ? 'order_delivered' : 'recorded';
  });
}
