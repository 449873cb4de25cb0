import { money } from '../domain/money';
import type { OrderStatus } from '../domain/order-status';
import type { DeliveredLine, DeliveredOrder } from '../domain/refunds';
import type { Queryable } from '../infra/database/client';

/** What of an order was delivered, what of it is back, and what open returns await. */
export interface ReturnableOrder extends DeliveredOrder {
  status: OrderStatus;
  lines: (DeliveredLine & { awaited: number })[];
}

/** Amounts are bigints, which the driver gives as text. */
interface Row {
  status: OrderStatus;
  currency: string;
  items: string;
  shipping: string;
  tax: string;
  grand: string;
  lines: { sku: string; unitPrice: number; delivered: number; back: number; awaited: number }[];
}

/** Reads what of an order can be returned. Throws if there is no such order. */
export async function readReturnable(database: Queryable, orderId: string): Promise<ReturnableOrder> {
  const [row] = await database.query<Row>`
    SELECT o.status, o.currency, o.items, o.shipping, o.tax, o.grand, (
      SELECT coalesce(json_agg(json_build_object('sku', l.sku, 'unitPrice', l.unit_price, 'delivered', r.delivered,
        'back', r.back, 'awaited', r.awaited) ORDER BY l.position), '[]')
      FROM orders.order_line l JOIN orders.returnable r ON r.order_id = l.order_id AND r.sku = l.sku
      WHERE l.order_id = o.id) AS lines
    FROM orders.orders o WHERE o.id = ${orderId}`;
  if (row === undefined) throw new Error(`there is no order ${orderId}`);
  const { status, currency, lines, ...totals } = row;
  const inCurrency = (amount: string | number) => money(Number(amount), currency);
  return {
    status,
    totals: {
      items: inCurrency(totals.items),
      shipping: inCurrency(totals.shipping),
      tax: inCurrency(totals.tax),
      grand: inCurrency(totals.grand),
    },
    lines: lines.map(({ unitPrice, ...line }) => ({ ...line, unitPrice: inCurrency(unitPrice) })),
  };
}
