import { orderResource, type OrderResource } from '../../contracts/http/order';
import type { ApiDependencies } from '../dependencies';
import type { Actor } from '../access/tokens';
import { ratesInForce } from '../rates/in-force';
import { storedAnswer, takeKey, type RequestKey } from './idempotency';
import { priceOrder, type CatalogueProduct, type PricedOrder } from './pricing';
import { toResource } from './resource';
import { amountsOf, storeOrder, type CustomerOrder } from './store-order';

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
  const now = deps.now();
  const { currency, shippingAddress } = order;
  const [before, catalogue, rates] = await Promise.all([
    key && storedAnswer(database, key, orderResource),
    database.sql.query<CatalogueProduct>`
      SELECT sku, name, currency, unit_price AS "unitPrice", active FROM catalogue.product
      WHERE sku = ANY(${order.lines.map(({ sku }) => sku)})`,
    ratesInForce(database.sql, { currency, country: shippingAddress.country }, now),
  ]);
  if (before) return { resource: before, replayed: true };
  const priced = priceOrder(order, catalogue, rates, now);
  const resource = accepted(deps.newOrderId(), order, priced, now);
  const first = await database.sql.transaction(async (tx) => {
    if (key && !(await takeKey(tx, key, { orderId: resource.id, response: resource }, limits.equalRequestMs)))
      return false;
    await storeOrder(tx, actor, order, { resource, rates: priced.rates, now });
    return true;
  });
  if (first) return { resource, replayed: false };
  const stored = key && (await storedAnswer(database, key, orderResource));
  if (!stored) throw new Error('the idempotency key was taken, and yet no answer is stored for it');
  return { resource: stored, replayed: true };
}

function accepted(id: string, order: CustomerOrder, { lines, totals }: PricedOrder, now: Date): OrderResource {
  return toResource({
    id,
    clientReference: order.clientReference,
    customerId: order.customerId,
    country: order.shippingAddress.country,
    fulfilment: order.options.fulfilment,
    backorder: order.options.backorderUntil !== null,
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
