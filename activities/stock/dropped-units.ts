import type { OrderEvent } from '../../contracts/events/order-event';
import type { Money } from '../../domain/money';
import type { Demand } from '../../domain/allocation';
import { money } from '../../domain/money';
import { stepName, type StepId } from '../../domain/step-kinds';
import { price, type Rates } from '../../domain/pricing';
import type { Queryable, Transaction } from '../../infra/database/client';
import type { OwedMessage } from '../ledger/entry';

/** An order's lines, and what they are priced by. */
export interface PricedLines {
  lines: { sku: string; quantity: number; droppedQuantity: number; unitPrice: Money }[];
  rates: Rates;
  grand: Money;
}

interface Row {
  sku: string;
  quantity: number;
  droppedQuantity: number;
  /** A bigint, which the driver gives as text, as are the other amounts. */
  unitPrice: string;
  currency: string;
  grand: string;
  shippingFlat: string;
  shippingFreeFrom: string | null;
  taxBasisPoints: number;
}

/** Reads an order's lines in their order. Throws if there is no such order. */
export async function readLines(database: Queryable, orderId: string): Promise<PricedLines> {
  const rows = await database.query<Row>`
    SELECT l.sku, l.quantity, l.dropped_quantity AS "droppedQuantity", l.unit_price AS "unitPrice",
      o.currency, o.grand, o.shipping_flat AS "shippingFlat", o.shipping_free_from AS "shippingFreeFrom",
      o.tax_basis_points AS "taxBasisPoints"
    FROM orders.order_line l JOIN orders.orders o ON o.id = l.order_id
    WHERE l.order_id = ${orderId} ORDER BY l.position`;
  const [first] = rows;
  if (first === undefined) throw new Error(`there is no order ${orderId}`);
  const { currency, grand, shippingFlat, shippingFreeFrom, taxBasisPoints } = first;
  const lines = rows.map(({ sku, quantity, droppedQuantity, unitPrice }) => {
    return { sku, quantity, droppedQuantity, unitPrice: money(Number(unitPrice), currency) };
  });
  const rates = {
    shippingFlat: Number(shippingFlat),
    shippingFreeFrom: shippingFreeFrom === null ? null : Number(shippingFreeFrom),
    taxBasisPoints,
  };
  return { lines, rates, grand: money(Number(grand), currency) };
}

/**
 * Drops units from an order, whose row is locked: they will not be charged. Prices the order again by
 * the rates it was placed at, and writes its totals.
 *
 * @returns the new grand total
 */
export async function dropUnits(
  tx: Transaction,
  orderId: string,
  { lines, rates, grand: { currency } }: PricedLines,
  dropped: readonly Demand[],
): Promise<Money> {
  const unitsOf = (sku: string): number => dropped.find((each) => each.sku === sku)?.quantity ?? 0;
  const left = lines.map((line) => ({ ...line, droppedQuantity: line.droppedQuantity + unitsOf(line.sku) }));
  const { items, shipping, tax, grand } = price(left, currency, rates);
  await tx.query`
    WITH line AS (
      UPDATE orders.order_line l SET dropped_quantity = l.dropped_quantity + d.quantity
      FROM jsonb_to_recordset(${JSON.stringify(dropped)}::jsonb) AS d(sku text, quantity int)
      WHERE l.order_id = ${orderId} AND l.sku = d.sku
    )
    UPDATE orders.orders
    SET items = ${items.amount}, shipping = ${shipping.amount}, tax = ${tax.amount}, grand = ${grand.amount}
    WHERE id = ${orderId}`;
  return grand;
}

/** What is written with units that were dropped: the customer is notified which, and what the order costs now. */
export function orderChanged(
  step: StepId,
  dropped: readonly Demand[],
  grand: Money,
): { note: string; messages: OwedMessage[]; events: OrderEvent[] } {
  const data = {
    dropped: dropped.map(({ sku, quantity }) => ({ sku, quantity })),
    grand: { amount: grand.amount, currency: grand.currency },
  };
  return {
    note: `dropped and not charged: ${dropped.map(({ sku, quantity }) => `${quantity} × ${sku}`).join(', ')}`,
    messages: [{ template: 'order-changed', occasion: stepName(step), data }],
    events: [{ topic: 'orders.changed', version: 1, data }],
  };
}
