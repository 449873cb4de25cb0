import type { CarrierPort, OrderRef } from '../../adapters/ports';
import type { StepInput } from '../../contracts/workflow/order';
import { idempotencyKey } from '../../domain/step-kinds';
import { Prisma } from '../../infra/database/generated/client';
import { runPastPivot } from '../ledger/run-step';
import type { StepLedger } from '../ledger/step-ledger';

interface Deps {
  ledger: StepLedger;
  carriers: readonly CarrierPort[];
}

/** Hands parcels over to their carriers. */
export function createHandOverActivities({ ledger, carriers }: Deps) {
  return {
    /** Hands every booked parcel of the leg over to its carrier. Past the pivot: retried until it succeeds. */
    async handOver({ orderId, leg = 1, limits }: StepInput): Promise<null> {
      return runPastPivot<BookedShipment[], null>(ledger, 'shipping', limits, {
        orderId,
        id: { kind: 'hand-over' },
        request: () => ({ leg }),
        reading: bookedIn(leg),
        perform: async (call, { read }) => {
          const booked = read as BookedShipment[];
          await handOverShipments(carriers, booked, { ...call, leg });
          return booked;
        },
        record: (booked) => ({
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

const bookedIn = (leg: number): Prisma.Sql => Prisma.sql`(
  SELECT coalesce(jsonb_agg(jsonb_build_object('shipmentId', s.id, 'parcel', s.warehouse, 'carrier', s.carrier)
    ORDER BY s.warehouse), '[]')
  FROM orders.shipment s WHERE s.order_id = o.id AND s.leg = ${leg} AND s.status IN ('booked', 'handed_over'))`;

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
      const bookingKey = idempotencyKey(order.orderId, { kind: 'book', leg, parcel });
      await port.handOver({ key: `${key}/${parcel}`, order, bookingKey });
    }),
  );
}
