import type { PaymentPort } from '../adapters/ports';
import type { Reason } from '../contracts/failures';
import type { AllocatedParcel, Standing } from '../contracts/saga';
import type { OrderStatus } from '../domain/order-status';
import { steps } from '../domain/steps';
import { settleCapture } from './settle-capture';
import { askRetryably, type StepLimits } from './run-step';
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
      const { status, reason, captured, authorised } = await readSteps(ledger, orderId);
      const parcels = await readParcels(ledger, orderId);
      return {
        status,
        reason,
        captured: captured || (authorised && (await settled(ledger, payment, orderId, limits))),
        parcels: parcels.map(({ delivered: _, ...parcel }) => parcel),
        delivered: parcels.filter(({ delivered }) => delivered).map(({ shipmentId }) => shipmentId),
      };
    },
  };
}

interface Steps {
  status: OrderStatus;
  reason: Reason | null;
  captured: boolean;
  authorised: boolean;
}

async function readSteps({ database }: StepLedger, orderId: string): Promise<Steps> {
  const [row] = await database.sql.query<Steps>`
    SELECT o.status, o.reason,
      EXISTS (SELECT FROM orders.saga_step s
        WHERE s.order_id = o.id AND s.step = ${steps.capture} AND s.state = 'applied') AS captured,
      EXISTS (SELECT FROM orders.saga_step s
        WHERE s.order_id = o.id AND s.step = ${steps.authorisePayment(1)} AND s.state = 'applied') AS authorised
    FROM orders.orders o WHERE o.id = ${orderId}`;
  if (row === undefined) throw new Error(`there is no order ${orderId}`);
  return row;
}

async function readParcels(
  { database }: StepLedger,
  orderId: string,
): Promise<(AllocatedParcel & { delivered: boolean })[]> {
  const shipments = await database.shipment.findMany({
    where: { orderId },
    include: { lines: { orderBy: { sku: 'asc' } } },
    orderBy: { warehouse: 'asc' },
  });
  return shipments.map(({ id, warehouse, status, lines }) => ({
    parcel: warehouse,
    warehouse,
    shipmentId: id,
    lines: lines.map(({ sku, quantity }) => ({ sku, quantity })),
    delivered: status === 'delivered',
  }));
}

async function settled(
  ledger: StepLedger,
  payment: PaymentPort,
  orderId: string,
  limits: StepLimits,
): Promise<boolean> {
  const order = await ledger.orderRef(orderId);
  return askRetryably('payment', limits, settleCapture(payment, order));
}
