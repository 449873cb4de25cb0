import type { CarrierPort, OrderRef } from '../adapters/ports';
import { idempotencyKey, steps } from '../domain/steps';
import type { Database } from '../infra/database/client';
import { Prisma } from '../infra/database/generated/client';
import { runPastPivot, type StepLimits } from './run-step';
import type { StepLedger } from './step-ledger';

interface Deps {
  ledger: StepLedger;
  carriers: readonly CarrierPort[];
}

/** Hands parcels over to their carriers. */
export function createHandOverActivities({ ledger, carriers }: Deps) {
  return {
    /** Hands every booked parcel of the leg over to its carrier. Past the pivot: tried until it succeeds. */
    async handOver({ orderId, leg, limits }: { orderId: string; leg: number; limits: StepLimits }): Promise<void> {
      const booked = await readBooked(ledger.database, orderId, leg);
      await runPastPivot(ledger, 'shipping', limits, {
        orderId,
        step: steps.handOver,
        request: { leg },
        perform: (call) => handOverShipments(carriers, booked, { ...call, leg }),
        record: () => ({
          result: null,
          status: 'shipped',
          messages: ['order-shipped'],
          events: [{ topic: 'orders.shipped', version: 1, data: { shipments: booked } }],
          alongside: Prisma.sql`
            UPDATE orders.shipment s SET status = 'handed_over'
            FROM entitled e WHERE s.order_id = e.order_id AND s.leg = ${leg} AND s.status = 'booked'`,
        }),
      });
    },
  };
}

/** A parcel that waits for its carrier to fetch it. */
type BookedShipment = { shipmentId: string; parcel: string; carrier: string };

const readBooked = (database: Database, orderId: string, leg: number): Promise<BookedShipment[]> =>
  database.sql.query<BookedShipment>`
    SELECT id AS "shipmentId", warehouse AS parcel, carrier FROM orders.shipment
    WHERE order_id = ${orderId} AND leg = ${leg} AND status IN ('booked', 'handed_over') ORDER BY warehouse`;

/** Hands each parcel over under a key of its own. */
async function handOverShipments(
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
