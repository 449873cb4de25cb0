import type { OrderEvent } from '../../contracts/events';
import type { OrderResource, PlaceOrder } from '../../contracts/order';
import type { Transaction } from '../../infra/database/client';
import type { Actor } from '../tokens';

/** An order with the customer it is for. */
export type CustomerOrder = PlaceOrder & { customerId: string };

/** An order's totals as its columns hold them. */
export const amountsOf = ({ items, shipping, tax, grand }: OrderResource['totals']) => ({
  items: BigInt(items.amount),
  shipping: BigInt(shipping.amount),
  tax: BigInt(tax.amount),
  grand: BigInt(grand.amount),
});

/** Stores an accepted order with all that belongs to it: few statements, one transaction. */
export async function storeOrder(
  transaction: Transaction,
  actor: Actor,
  order: CustomerOrder,
  resource: OrderResource,
  now: Date,
): Promise<void> {
  const { shippingAddress, payment, options, currency, clientReference, customerId } = order;
  const orderId = resource.id;
  const backorderUntil = options.backorderUntil === null ? null : new Date(options.backorderUntil);
  const lines = resource.lines.map(({ sku, name, quantity, unitPrice }, position) => {
    return { orderId, position, sku, name, quantity, unitPrice: BigInt(unitPrice.amount) };
  });
  await transaction.order.createMany({
    data: {
      ...{ id: orderId, clientReference, customerId, currency, country: shippingAddress.country },
      ...{ fulfilment: options.fulfilment, backorderUntil, ...amountsOf(resource.totals) },
      ...{ createdAt: now, updatedAt: now },
    },
  });
  await transaction.orderLine.createMany({ data: lines });
  await transaction.recipient.createMany({
    data: recipientOf(orderId, order),
  });
  await transaction.payment.createMany({ data: { orderId, currency, ...payment } });
  const entry = { orderId, status: 'created', actorType: actor.role, actorId: actor.subject };
  await transaction.timelineEntry.createMany({ data: entry });
  await transaction.outboxEvent.createMany({ data: { key: orderId, ...createdEvent(order, resource) } });
}

const recipientOf = (orderId: string, { shippingAddress, contact }: CustomerOrder) => ({
  orderId,
  ...shippingAddress,
  line2: shippingAddress.line2 ?? null,
  region: shippingAddress.region ?? null,
  email: contact.email,
  phone: contact.phone ?? null,
});

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
