import { z } from 'zod';
import { orderId, orderResource, placeOrder } from '../../contracts/http/order';
import { identifier } from '../../contracts/http/text';
import { orderStatuses, type OrderStatus } from '../../domain/order-status';
import type { Actor } from '../access/tokens';
import type { ApiDependencies } from '../dependencies';
import { anyRole, cursorOf, instant, keyOfCursor, page, paging, scopeOf, toPage } from '../http/parameters';
import { invalid, Problem } from '../http/problem';
import { route, type Route } from '../http/route';
import { readFeed, type FeedPlace } from './feed';
import { findOrders, type ListPlace, type OrderFilter } from './find';
import { toResource } from './resource';

/** One or several statuses, separated by commas. */
const statuses = z.string().transform((text, context): OrderStatus[] => {
  const named = text.split(',').map((name) => orderStatuses.find((status) => status === name));
  if (named.every((status) => status !== undefined)) return named;
  const message = `must be one of ${orderStatuses.join(', ')}, or several with commas between`;
  context.issues.push({ code: 'custom', input: text, message });
  return z.NEVER;
});

const listQuery = z.strictObject({
  status: statuses.optional(),
  customerId: identifier.optional(),
  clientReference: placeOrder.shape.clientReference.optional(),
  createdAfter: instant.optional(),
  createdBefore: instant.optional(),
  updatedAfter: instant.optional(),
  order: z.enum(['created', 'updated']).default('created'),
  ...paging,
});

/** The route that lists orders. */
export const listOrdersRoute = ({ database }: ApiDependencies): Route =>
  route({
    method: 'get',
    path: '/v1/orders',
    operationId: 'listOrders',
    summary:
      "Lists orders, newest first; a customer's own only. With order=updated it is a feed in the order of the last change, " +
      'whose nextCursor is always set: poll it with the last one, and no change is missed',
    access: anyRole,
    query: listQuery,
    answers: { 200: { description: 'A page of orders', schema: page(orderResource) } },
    handle: async ({ actor, query: { limit, cursor, order, ...filter } }) => {
      const wanted: OrderFilter = { ...filter, customerId: customerOf(filter.customerId, actor) };
      if (order === 'updated') {
        const read = await readFeed(database, wanted, limit, feedPlaceOf(cursor));
        if (!read)
          throw invalid([{ field: 'cursor', message: 'lies ahead of this feed: begin anew, without a cursor' }]);
        const nextCursor = cursorOf(`${read.next.position}/${read.next.id}`);
        return { status: 200, body: { items: read.orders.map(toResource), nextCursor } };
      }
      const orders = await findOrders(database, wanted, limit + 1, listPlaceOf(cursor));
      const { items, nextCursor } = toPage(orders, limit, ({ createdAt, id }) => `${createdAt.toISOString()}/${id}`);
      return { status: 200, body: { items: items.map(toResource), nextCursor } };
    },
  });

const listKey = z.string().refine((key) => {
  const [at, id] = key.split('/');
  return instant.safeParse(at).success && orderId.safeParse(id).success;
});

function listPlaceOf(cursor: string | undefined): ListPlace | undefined {
  const [at, id] = keyOfCursor(cursor, listKey)?.split('/') ?? [];
  return at === undefined || id === undefined ? undefined : { createdAt: new Date(at), id };
}

const feedKey = z.string().regex(/^[0-9]{1,19}\/(ord_[0-9a-z]{26})?$/);

function feedPlaceOf(cursor: string | undefined): FeedPlace | undefined {
  const [position, id] = keyOfCursor(cursor, feedKey)?.split('/') ?? [];
  return position === undefined || id === undefined ? undefined : { position: BigInt(position), id };
}

/** Whose orders are listed. Throws the problem `forbidden` where a customer asks for another's. */
function customerOf(asked: string | undefined, actor: Actor): string | undefined {
  const own = scopeOf(actor);
  if (own === undefined || asked === undefined || asked === own) return own ?? asked;
  const errors = [{ field: 'customerId', message: `must be ${own}, the token's subject, or be left out` }];
  throw new Problem('forbidden', 'customerId names another customer; a customer sees own orders only', { errors });
}
