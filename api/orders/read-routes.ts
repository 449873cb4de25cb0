import { z } from 'zod';
import { orderResource } from '../../contracts/http/order';
import type { ApiDependencies } from '../dependencies';
import { anyRole } from '../http/parameters';
import { route, type Route } from '../http/route';
import { findTimeline, findVisible } from './find';
import { eventsRoute } from './events';
import { listOrdersRoute } from './list-route';
import { toResource } from './resource';
import { orderParams } from './parameters';
import { timelineItem, toTimelineItem } from './timeline';

const statusResource = orderResource.pick({ id: true, status: true, reason: true, updatedAt: true });

/** The routes that read orders. */
export function orderReadRoutes(deps: ApiDependencies): Route[] {
  const { database } = deps;
  return [
    listOrdersRoute(deps),
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
