import { z } from 'zod';
import { orderId, orderResource } from '../../contracts/order';
import { identifier } from '../../contracts/text';
import { isAtRest, orderStatuses } from '../../domain/order-status';
import type { ApiDependencies } from '../dependencies';
import { anyRole, instant, keyOfCursor, page, paging, scopeOf, toPage } from '../http/parameters';
import { notFound, Problem } from '../http/problem';
import { route, type Route } from '../http/route';
import type { Actor } from '../tokens';
import { findOrders, findTimeline } from './books';
import { changesOf, refuseWhenFull } from './events';
import { toResource, type OrderRecord } from './resource';
import { timelineItem, toTimelineItem } from './timeline';

/** Any text: an id of another form than ours is as unknown as one that nobody has. */
const params = z.strictObject({ orderId: z.string() });

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
  const visible = async (id: string, actor: Actor): Promise<OrderRecord> => {
    const [order] = await findOrders(database, { id, customerId: scopeOf(actor) }, 1);
    if (!order) throw notFound('order');
    return order;
  };
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
      params,
      answers: { 200: { description: 'The order', schema: orderResource } },
      handle: async ({ actor, params: { orderId: id } }) => ({
        status: 200,
        body: toResource(await visible(id, actor)),
      }),
    }),
    route({
      method: 'get',
      path: '/v1/orders/{orderId}/status',
      operationId: 'getOrderStatus',
      summary: 'Reads the status of an order',
      access: anyRole,
      params,
      answers: { 200: { description: 'The status', schema: statusResource } },
      handle: async ({ actor, params: { orderId: id } }) => {
        const { status, reason, updatedAt } = await visible(id, actor);
        return { status: 200, body: { id, status, reason, updatedAt: updatedAt.toISOString() } };
      },
    }),
    route({
      method: 'get',
      path: '/v1/orders/{orderId}/timeline',
      operationId: 'getOrderTimeline',
      summary: 'Reads all that happened to an order, oldest first',
      access: anyRole,
      params,
      answers: { 200: { description: 'The timeline', schema: z.strictObject({ items: z.array(timelineItem) }) } },
      handle: async ({ actor, params: { orderId: id } }) => {
        await visible(id, actor);
        return { status: 200, body: { items: (await findTimeline(database, id, 0n)).map(toTimelineItem) } };
      },
    }),
    eventsRoute(deps, visible),
  ];
}

const lastEventId = z
  .string()
  .regex(/^[0-9]{1,18}$/, 'must be the id of an event of this stream')
  .optional();

const eventsRoute = (deps: ApiDependencies, visible: (id: string, actor: Actor) => Promise<OrderRecord>): Route =>
  route({
    method: 'get',
    path: '/v1/orders/{orderId}/events',
    operationId: 'streamOrderEvents',
    summary:
      'Streams the entries of the timeline as they happen, from the first or after Last-Event-ID, until the order rests',
    access: anyRole,
    params,
    headers: z.object({ 'last-event-id': lastEventId }),
    answers: {
      200: { description: 'Events of the type timeline', schema: timelineItem, mediaType: 'text/event-stream' },
      204: { description: 'The order is at rest and all of it was told: reconnect no more' },
    },
    handle: async ({ actor, params: { orderId: id }, headers, signal }) => {
      const { status } = await visible(id, actor);
      const after = BigInt(headers['last-event-id'] ?? 0);
      if (isAtRest(status) && (await findTimeline(deps.database, id, after)).length === 0) return { status: 204 };
      refuseWhenFull(deps);
      return { status: 200, events: changesOf(deps, id, after, signal) };
    },
  });

/** Whose orders are listed. Throws the problem `forbidden` where a customer asks for another's. */
function customerOf(asked: string | undefined, actor: Actor): string | undefined {
  const own = scopeOf(actor);
  if (own === undefined || asked === undefined || asked === own) return own ?? asked;
  const errors = [{ field: 'customerId', message: `must be ${own}, the token's subject, or be left out` }];
  throw new Problem('forbidden', 'customerId names another customer; a customer sees own orders only', { errors });
}
