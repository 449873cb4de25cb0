import type { OrderStatus } from '../../domain/order-status';
import type { Database } from '../../infra/database/client';
import { Prisma } from '../../infra/database/generated/client';
import { scopeOf } from '../http/parameters';
import { notFound } from '../http/problem';
import type { Actor } from '../access/tokens';
import type { OrderRecord } from './resource';

/** Which orders are meant; all parts must hold, and a part left out doesn't matter. */
export interface OrderFilter {
  id?: string | undefined;
  customerId?: string | undefined;
  clientReference?: string | undefined;
  /** One of these. */
  status?: readonly OrderStatus[] | undefined;
  createdAfter?: string | undefined;
  createdBefore?: string | undefined;
  updatedAfter?: string | undefined;
}

/** A place in the list of orders, newest first: just after the order with this time and id. */
export interface ListPlace {
  createdAt: Date;
  id: string;
}

/** Orders, newest first, at most `limit`, from a place in the list on. */
export function findOrders(
  database: Database,
  filter: OrderFilter,
  limit: number,
  from?: ListPlace,
): Promise<OrderRecord[]> {
  const parts = conditionsOf(filter);
  if (from) parts.push(Prisma.sql`(o.created_at, o.id) < (${from.createdAt}, ${from.id})`);
  return database.$queryRaw`
    SELECT ${RECORD} FROM orders.orders o
    WHERE ${Prisma.join(parts, ' AND ')} ORDER BY o.created_at DESC, o.id DESC LIMIT ${limit}`;
}

/** The order, or the problem `not-found`: even if it is another customer's than the actor. */
export async function findVisible(database: Database, id: string, actor: Actor): Promise<OrderRecord> {
  const [order] = await findOrders(database, { id, customerId: scopeOf(actor) }, 1);
  if (!order) throw notFound('order');
  return order;
}

/**
 * SQL: the columns of an {@link OrderRecord}, of the order `o`. They are read in one statement, so that an order's
 * status, money and parcels are of one moment.
 */
export const RECORD = Prisma.sql`
  o.id, o.client_reference AS "clientReference", o.customer_id AS "customerId", o.country, o.status,
  o.reason, o.currency, o.items, o.shipping, o.tax, o.grand, o.created_at AS "createdAt", o.updated_at AS "updatedAt",
  o.fulfilment, o.backorder_until IS NOT NULL AS backorder,
  (SELECT json_agg(json_build_object('sku', l.sku, 'name', l.name, 'quantity', l.quantity,
      'droppedQuantity', l.dropped_quantity, 'unitPrice', l.unit_price) ORDER BY l.position)
    FROM orders.order_line l WHERE l.order_id = o.id) AS lines,
  (SELECT json_build_object('provider', p.provider, 'authorised', p.authorised, 'captured', p.captured,
      'refunded', p.refunded)
    FROM payments.payment p WHERE p.order_id = o.id) AS payment,
  (SELECT coalesce(json_agg(json_build_object('id', s.id, 'warehouse', s.warehouse, 'status', s.status,
      'carrier', s.carrier, 'trackingNumber', s.tracking_number, 'labelUrl', s.label_url,
      'estimatedDelivery', s.estimated_delivery,
      'lines', (SELECT coalesce(json_agg(json_build_object('sku', c.sku, 'quantity', c.quantity) ORDER BY c.sku), '[]')
        FROM orders.shipment_line c WHERE c.shipment_id = s.id)) ORDER BY s.warehouse), '[]')
    FROM orders.shipment s
    WHERE s.order_id = o.id
      AND s.leg = (SELECT max(every.leg) FROM orders.shipment every WHERE every.order_id = o.id)) AS shipments`;

/** SQL: what must hold of the order `o`; at least one condition. */
export function conditionsOf(filter: OrderFilter): Prisma.Sql[] {
  const { id, customerId, clientReference, status, createdAfter, createdBefore, updatedAfter } = filter;
  const parts = [Prisma.sql`TRUE`];
  if (id !== undefined) parts.push(Prisma.sql`o.id = ${id}`);
  if (customerId !== undefined) parts.push(Prisma.sql`o.customer_id = ${customerId}`);
  if (clientReference !== undefined) parts.push(Prisma.sql`o.client_reference = ${clientReference}`);
  if (status !== undefined) parts.push(Prisma.sql`o.status = ANY(${status})`);
  if (createdAfter !== undefined) parts.push(Prisma.sql`o.created_at > ${new Date(createdAfter)}`);
  if (createdBefore !== undefined) parts.push(Prisma.sql`o.created_at < ${new Date(createdBefore)}`);
  if (updatedAfter !== undefined) parts.push(Prisma.sql`o.updated_at > ${new Date(updatedAfter)}`);
  return parts;
}

/** An order's timeline entry. */
export interface TimelineRecord {
  id: bigint;
  at: Date;
  step: string | null;
  status: string | null;
  actorType: string;
  actorId: string;
  reason: string | null;
  note: string | null;
}

/** The entries of an order's timeline after the one with the id `after`, oldest first. */
export const findTimeline = (database: Database, orderId: string, after: bigint): Promise<TimelineRecord[]> =>
  database.timelineEntry.findMany({ where: { orderId, id: { gt: after } }, orderBy: { id: 'asc' } });
