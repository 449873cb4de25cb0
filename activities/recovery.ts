import type { PaymentPort } from '../adapters/ports';
import type { Reason } from '../contracts/failures';
import type { LegParcel, Standing } from '../contracts/saga';
import { money } from '../domain/money';
import { isAtRest, type OrderStatus, type ParcelStatus } from '../domain/order-status';
import { steps } from '../domain/steps';
import { askRetryably, type StepLimits } from './run-step';
import { settleCapture } from './settle-capture';
import type { StepLedger } from './step-ledger';

interface Deps {
  ledger: StepLedger;
  payment: PaymentPort;
}

/** Finds out how an order stands whose workflow was stopped from outside. */
export function createRecoveryActivities({ ledger, payment }: Deps) {
  return {
    /**
     * Reads the order's standing. Where the payment was authorised and our books know of no capture, the provider settles
     * it: it either captured already, or the authorisation is voided now, after which nothing can be captured any more.
     */
    async readStanding({ orderId, limits }: { orderId: string; limits: StepLimits }): Promise<Standing> {
      const { grand, owed, currency, captured, ...order } = await readOrder(ledger, orderId);
      const parcels = await readParcels(ledger, orderId);
      const settled = async () =>
        askRetryably(
          'payment',
          limits,
          settleCapture(payment, await ledger.orderRef(orderId), Math.max(order.grants, 1)),
        );
      return {
        ...order,
        grand: money(Number(grand), currency),
        owed: money(Number(owed), currency),
        captureBooked: captured,
        captured: captured || (order.grants > 0 && !isAtRest(order.status) && (await settled())),
        parcels,
      };
    },
  };
}

interface OrderRow {
  status: OrderStatus;
  reason: Reason | null;
  /** A bigint, which the driver gives as text, as is `owed`. */
  grand: string;
  owed: string;
  currency: string;
  leg: number;
  grants: number;
  captured: boolean;
  stuck: { step: string; occurrence: number }[];
  occurrences: number;
}

async function readOrder({ database }: StepLedger, orderId: string): Promise<OrderRow> {
  const [row] = await database.sql.query<OrderRow>`
    SELECT o.status, o.reason, o.grand, o.currency,
      (SELECT greatest(p.captured - o.grand - coalesce((SELECT sum(r.amount) FROM payments.refund r
        WHERE r.order_id = o.id AND r.cause = 'not_shipped'), 0), 0)
        FROM payments.payment p WHERE p.order_id = o.id) AS owed, o.fenced_leg + 1 AS leg,
      (SELECT count(*)::int FROM orders.saga_step s
        WHERE s.order_id = o.id AND s.step ~ '^authorise-payment') AS grants,
      EXISTS (SELECT FROM orders.saga_step s
        WHERE s.order_id = o.id AND s.step = ${steps.capture} AND s.state = 'applied') AS captured,
      (SELECT coalesce(max(t.occurrence), 0) FROM orders.stuck_step t WHERE t.order_id = o.id) AS occurrences,
      (SELECT coalesce(jsonb_agg(jsonb_build_object('step', t.step, 'occurrence', t.occurrence)), '[]')
        FROM orders.stuck_step t WHERE t.order_id = o.id AND t.resolved_at IS NULL) AS stuck
    FROM orders.orders o WHERE o.id = ${orderId}`;
  if (row === undefined) throw new Error(`there is no order ${orderId}`);
  return row;
}

async function readParcels({ database }: StepLedger, orderId: string): Promise<LegParcel[]> {
  const shipments = await database.shipment.findMany({
    where: { orderId },
    include: { lines: { orderBy: { sku: 'asc' } } },
    orderBy: [{ leg: 'asc' }, { warehouse: 'asc' }],
  });
  return shipments.map(({ id, leg, warehouse, status, lines }) => ({
    leg,
    parcel: warehouse,
    warehouse,
    shipmentId: id,
    lines: lines.map(({ sku, quantity }) => ({ sku, quantity })),
    status: status as ParcelStatus,
  }));
}
