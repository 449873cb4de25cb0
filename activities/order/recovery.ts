import type { PaymentPort } from '../../adapters/ports';
import type { Reason } from '../../contracts/failures';
import type { Actor, LegParcel, Standing } from '../../contracts/workflow/order';
import { money } from '../../domain/money';
import { isAtRest, type OrderStatus, type ParcelStatus } from '../../domain/order-status';
import { idempotencyKey, steps } from '../../domain/steps';
import { askRetryably, type StepLimits } from '../ledger/run-step';
import { settleCapture } from '../payment/settle-capture';
import type { StepLedger } from '../ledger/step-ledger';

interface Deps {
  ledger: StepLedger;
  payment: PaymentPort;
}

/** Finds out how an order stands whose workflow was stopped from outside. */
export function createRecoveryActivities({ ledger, payment }: Deps) {
  return {
    /**
     * Reads the order's standing. Where the payment was authorised and our books know of no capture, the provider settles
     * it: it either captured already, or the authorisation is voided now, after which nothing can be captured any more. An
     * order that is being undone was settled before that began.
     */
    async readStanding({ orderId, limits }: { orderId: string; limits: StepLimits }): Promise<Standing> {
      const { grand, owed, dueRefunds, currency, captured, fenced, ...order } = await readOrder(ledger, orderId);
      const parcels = await readParcels(ledger, orderId);
      const inDoubt = !captured && !fenced && order.grants > 0 && !isAtRest(order.status);
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
        ...(dueRefunds.length > 0 && {
          dueRefunds: dueRefunds.map(({ amount, ...due }) => ({ ...due, amount: money(amount, currency) })),
        }),
        captured: captured || (inDoubt && (await settled())),
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
  dueRefunds: { refund: string; amount: number; decidedBy: Actor }[];
  fenced: boolean;
  leg: number;
  grants: number;
  captured: boolean;
  stuck: { step: string; occurrence: number }[];
  occurrences: number;
}

async function readOrder({ database }: StepLedger, orderId: string): Promise<OrderRow> {
  const keyOfRefunds = idempotencyKey(orderId, steps.refund(''));
  const [row] = await database.sql.query<OrderRow>`
    SELECT o.status, o.reason, o.grand, o.currency, o.fenced,
      (SELECT greatest(p.captured - o.grand - coalesce((SELECT sum(r.amount) FROM payments.refund r
        WHERE r.order_id = o.id AND r.cause = 'not_shipped'), 0), 0)
        FROM payments.payment p WHERE p.order_id = o.id) AS owed, o.fenced_leg + 1 AS leg,
      (SELECT coalesce(jsonb_agg(jsonb_build_object('refund', substr(r.key, length(${keyOfRefunds}) + 1),
        'amount', r.amount, 'decidedBy', jsonb_build_object('type', r.decided_by_type, 'id', r.decided_by_id))), '[]')
        FROM payments.refund r
        WHERE r.order_id = o.id AND r.cause = 'not_shipped' AND r.refunded_at IS NULL AND NOT EXISTS (
          SELECT FROM orders.saga_step s WHERE s.order_id = o.id AND s.state = 'skipped'
            AND s.order_id || '/' || s.step = r.key)) AS "dueRefunds",
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
  const [shipments, bookings] = await Promise.all([
    database.shipment.findMany({
      where: { orderId },
      include: { lines: { orderBy: { sku: 'asc' } } },
      orderBy: [{ leg: 'asc' }, { warehouse: 'asc' }],
    }),
    database.sql.query<{ step: string; givenUp: string[] }>`
      SELECT step, result->'givenUp' AS "givenUp" FROM orders.saga_step
      WHERE order_id = ${orderId} AND step ~ '^book/' AND state = 'applied'
        AND jsonb_array_length(result->'givenUp') > 0`,
  ]);
  const givenUpFor = new Map(bookings.map(({ step, givenUp }) => [step, givenUp]));
  return shipments.map(({ id, leg, warehouse, status, lines }) => ({
    leg,
    parcel: warehouse,
    warehouse,
    shipmentId: id,
    lines: lines.map(({ sku, quantity }) => ({ sku, quantity })),
    status: status as ParcelStatus,
    ...givenUpIn(givenUpFor.get(steps.book(warehouse, leg))),
  }));
}

const givenUpIn = (givenUp: string[] | undefined) => givenUp && { givenUp };
