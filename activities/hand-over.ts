import type { CarrierPort, OrderRef } from '../adapters/ports';
import { idempotencyKey, steps } from '../domain/steps';
import type { Database } from '../infra/database/client';

/** A parcel that waits for its carrier to fetch it. */
export interface BookedShipment {
  [key: string]: string;
  shipmentId: string;
  parcel: string;
  carrier: string;
}

/** The booked parcels of an order's leg, in a stable order. */
export const readBooked = (database: Database, orderId: string, leg: number): Promise<BookedShipment[]> =>
  database.$queryRaw<BookedShipment[]>`
    SELECT id AS "shipmentId", warehouse AS parcel, carrier FROM orders.shipment
    WHERE order_id = ${orderId} AND leg = ${leg} AND status IN ('booked', 'handed_over') ORDER BY warehouse`;

/** Hands each parcel over to its carrier, under a key of its own. Throws where a carrier is none of ours. */
export async function handOverShipments(
  carriers: readonly CarrierPort[],
  shipments: readonly BookedShipment[],
  { key, order, leg }: { key: string; order: OrderRef; leg: number },
): Promise<void> {
  await Promise.all(
    shipments.map(async ({ parcel, carrier }) => {
      const port = carriers.find((each) => each.carrier === carrier);
      if (port === undefined) throw new Error(`there is no carrier ${carrier}`);
      const bookingKey = idempotencyKey(order.orderId, steps.book(parcel, leg));
      await port.handOver({ key: `${key}/${parcel}`, order, bookingKey });
    }),
  );
}
