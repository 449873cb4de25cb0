import type { OrderEvent } from '../../contracts/events';
import type { OrderResource, PlaceOrder } from '../../contracts/order';
import type { Transaction } from '../../infra/database/client';
import type { ApiDependencies } from '../dependencies';
import type { Actor } from '../tokens';
import { storedAnswer, takeKey, type RequestKey } from './idempotency';
import { priceOrder, type PricedOrder } from './pricing';
import { toResource } from './resource';

/** An order with the customer it is for. */
export type CustomerOrder = PlaceOrder & { customerId: string };

export interface PlacedOrder {
  resource: OrderResource;
  /** Whether an equal request placed the order before. */
  replayed: boolean;
}

/**
 * Prices the order and stores it with all that belongs to it in one transaction: from then on it will reach a resting
 * state, whatever crashes. With a key, equal requests place one order and get one answer.
 */
export async function placeOrder(
  deps: ApiDependencies,
  actor: Actor,
  order: CustomerOrder,
  key: RequestKey | undefined,
): Promise<PlacedOrder> {
  const { database, limits } = deps;
  const [before, catalogue] = await Promise.all([
    key && storedAnswer(database, key),
    database.product.findMany({ where: { sku: { in: order.lines.map(({ sku }) => sku) } } }),
  ]);
  if (before) return { resource: before, replayed: true };
  const now = deps.now();
  const priced = priceOrder(order, catalogue, now);
  const resource = accepted(deps.newOrderId(), order, priced, now);
  const first = await database.$transaction(async (transaction) => {
    if (key && !(await takeKey(transaction, key, resource, limits.equalRequestMs))) return false;
    await store(transaction, actor, order, resource, now);
    return true;
  });
  if (first) return { resource, replayed: false };
  const stored = key && (await storedAnswer(database, key));
  if (!stored) throw new Error('the idempotency key was taken, and yet no answer is stored for it');
  return { resource: stored, replayed: true };
}

function accepted(id: string, order: CustomerOrder, { lines, totals }: PricedOrder, now: Date): OrderResource {
  return toResource({
    id,
    clientReference: order.clientReference,
    customerId: order.customerId,
    status: 'created',
    reason: null,
    currency: order.currency,
    ...amountsOf(totals),
    createdAt: now,
    updatedAt: now,
    lines,
    payment: { provider: order.payment.provider, authorised: 0, captured: 0, refunded: 0 },
    shipments: [],
  });
}

const amountsOf = ({ items, shipping, tax, grand }: OrderResource['totals']) => ({
  items: BigInt(items.amount),
  shipping: BigInt(shipping.amount),
  tax: BigInt(tax.amount),
  grand: BigInt(grand.amount),
});

async function store(
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
