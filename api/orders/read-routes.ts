import { z } from 'zod';
import { orderId, orderResource } from '../../contracts/http/order';
import { identifier } from '../../contracts/http/text';
import { orderStatuses } from '../../domain/order-status';
import type { ApiDependencies } from '../dependencies';
import { anyRole, instant, keyOfCursor, page, paging, scopeOf, toPage } from '../http/parameters';
import { Problem } from '../http/problem';
import { route, type Route } from '../http/route';
import type { Actor } from '../access/tokens';
import { findOrders, findTimeline, findVisible } from './find';
import { eventsRoute } from './events';
import { toResource } from './resource';
import { orderParams } from './parameters';
import { timelineItem, toTimelineItem } from './timeline';

const statusResource = orderResource.pick({ id: true, status: true, reason: true, updatedAt: true });

const listQuery = z.strictObject({
  status: z.enum(orderStatuses).optional(),
  customerId: identifier.optional(),
  createdAfter: instant.optional(),
  ...paging,
});

/** The routes that read orders. */
export function orderReadRoutes(deps: ApiDependencies): Route[] {
  const { database } = deps;
  return [
    route({
      method: 'get',
      path: '/v1/orders',
      operationId: 'listOrders',
      summary: "Lists orders, newest first; a customer's own only",
      access: anyRole,
      query: listQuery,
      answers: { 200: { description: 'A page of orders', schema: page(orderResource) } },
      handle: async ({ actor, query: { limit, cursor, ...filter } }) => {
        const customerId = customerOf(filter.customerId, actor);
        const before = keyOfCursor(cursor, orderId);
        const orders = await findOrders(database, { ...filter, customerId, before }, limit + 1);
        const { items, nextCursor } = toPage(orders, limit, ({ id }) => id);
        return { status: 200, body: { items: items.map(toResource), nextCursor } };
      },
    }),
    route({
      method: 'get',
      path: '/v1/orders/{orderId}',
      operationId: 'getOrder',
      summary: 'Reads an order',
      access: anyRole,
      params: orderParams,
      answers: { 200: { description: 'The order', schema: orderResource } },
      handle: async ({ actor, params: { orderId: id } }) => ({
        status: 200,
        body: toResource(await findVisible(database, id, actor)),
      }),
    }),
    route({
      method: 'get',
      path: '/v1/orders/{orderId}/status',
      operationId: 'getOrderStatus',
      summary: 'Reads the status of an order',
      access: anyRole,
      params: orderParams,
      answers: { 200: { description: 'The status', schema: statusResource } },
      handle: async ({ actor, params: { orderId: id } }) => {
        const { status, reason, updatedAt } = await findVisible(database, id, actor);
        return { status: 200, body: { id, status, reason, updatedAt: updatedAt.toISOString() } };
      },
    }),
    route({
      method: 'get',
      path: '/v1/orders/{orderId}/timeline',
      operationId: 'getOrderTimeline',
      summary: 'Reads all that happened to an order, oldest first',
      access: anyRole,
      params: orderParams,
      answers: { 200: { description: 'The timeline', schema: z.strictObject({ items: z.array(timelineItem) }) } },
      handle: async ({ actor, params: { orderId: id } }) => {
        await findVisible(database, id, actor);
        const entries = await findTimeline(database, id, 0n);
        return { status: 200, body: { items: entries.map((entry) => toTimelineItem(entry, actor.role)) } };
      },
    }),
    eventsRoute(deps),
  ];
}

/** Whose orders are listed. Throws the problem `forbidden` if a customer asks for another's. */
function customerOf(asked: string | undefined, actor: Actor): string | undefined {
  const own = scopeOf(actor);
  if (own === undefined || asked === undefined || asked === own) return own ?? asked;
  const errors = [{ field: 'customerId', message: `must be ${own}, the token's subject, or be left out` }];
  throw new Problem('forbidden', 'customerId names another customer; a customer sees own orders only', { errors });
}
