import type { OrderEvent } from '../../contracts/events/order-event';
import type { OrderResource, PlaceOrder } from '../../contracts/http/order';
import type { Rates } from '../../domain/pricing';
import type { Transaction } from '../../infra/database/client';
import type { Actor } from '../access/tokens';

/** An order with the customer it is for. */
export type CustomerOrder = PlaceOrder & { customerId: string };

/** An order's totals as its columns hold them. */
export const amountsOf = ({ items, shipping, tax, grand }: OrderResource['totals']) => ({
  items: BigInt(items.amount),
  shipping: BigInt(shipping.amount),
  tax: BigInt(tax.amount),
  grand: BigInt(grand.amount),
});

/** Stores an accepted order with all that belongs to it, in one statement. */
export async function storeOrder(
  tx: Transaction,
  actor: Actor,
  order: CustomerOrder,
  { resource, rates, now }: { resource: OrderResource; rates: Rates; now: Date },
): Promise<void> {
  const { shippingAddress: to, contact, payment, options, currency, clientReference, customerId } = order;
  const { items, shipping, tax, grand } = amountsOf(resource.totals);
  const lines = resource.lines.map(({ sku, name, quantity, unitPrice }, position) => {
    return { position, sku, name, quantity, unit_price: unitPrice.amount };
  });
  const event = createdEvent(order, resource);
  await tx.query`
    WITH accepted AS (
      INSERT INTO orders.orders (id, client_reference, customer_id, currency, country, fulfilment, backorder_until,
        items, shipping, tax, grand, shipping_flat, shipping_free_from, tax_basis_points, created_at, updated_at)
      VALUES (${resource.id}, ${clientReference}, ${customerId}, ${currency}, ${to.country}, ${options.fulfilment},
        ${options.backorderUntil}, ${items}, ${shipping}, ${tax}, ${grand},
        ${rates.shippingFlat}, ${rates.shippingFreeFrom}, ${rates.taxBasisPoints}, ${now}, ${now})
      RETURNING id
    ), line AS (
      INSERT INTO orders.order_line (order_id, position, sku, name, quantity, unit_price)
      SELECT id, position, sku, name, quantity, unit_price
      FROM accepted, jsonb_to_recordset(${JSON.stringify(lines)}::jsonb)
        AS l(position int, sku text, name text, quantity int, unit_price bigint)
    ), recipient AS (
      INSERT INTO orders.recipient (order_id, name, line1, line2, postal_code, city, region, country, email, phone)
      SELECT id, ${to.name}, ${to.line1}, ${to.line2 ?? null}, ${to.postalCode ?? null}, ${to.city}, ${to.region ?? null},
        ${to.country}, ${contact.email}, ${contact.phone ?? null}
      FROM accepted
    ), payment AS (
      INSERT INTO payments.payment (order_id, provider, token, currency)
      SELECT id, ${payment.provider}, ${payment.token}, ${currency} FROM accepted
    ), entry AS (
      INSERT INTO orders.timeline_entry (order_id, status, actor_type, actor_id)
      SELECT id, 'created', ${actor.role}, ${actor.subject} FROM accepted
    )
    INSERT INTO events.outbox (topic, key, version, data)
    SELECT ${event.topic}, id, ${event.version}::int, ${JSON.stringify(event.data)}::jsonb FROM accepted`;
}

/** Ids, skus, amounts and the country: what a consumer may know; nothing personal. */
const createdEvent = (order: CustomerOrder, { id, lines, totals }: OrderResource): OrderEvent => ({
  topic: 'orders.created',
  version: 1,
  data: {
    orderId: id,
    customerId: order.customerId,
    country: order.shippingAddress.country,
    lines: lines.map(({ sku, quantity, unitPrice }) => ({ sku, quantity, unitPrice })),
    totals,
  },
});
