import { z } from 'zod';
import { orderResource, placeOrder as placeOrderBody, type PlaceOrder } from '../../contracts/http/order';
import type { ApiDependencies } from '../dependencies';
import { anyRole } from '../http/parameters';
import { invalid, Problem } from '../http/problem';
import { route, type Route } from '../http/route';
import type { Actor } from '../access/tokens';
import { exampleOrder } from './example-order';
import { findOrders } from './find';
import { idempotencyKeyHeader, requestKey } from './idempotency';
import { placeOrder } from './place-order';
import { preferredWait, waitForOrder } from './prefer';
import { repeatedReference } from './repeated-reference';
import { pathOf, toResource } from './resource';
import { startOrLeaveToSweep } from './start';
import type { CustomerOrder } from './store-order';

/** The routes that place orders. */
export const orderWriteRoutes = (deps: ApiDependencies): Route[] => [
  route({
    method: 'post',
    path: '/v1/orders',
    operationId: 'placeOrder',
    summary: 'Places an order; with Prefer: wait=N answers when it is shipped or at rest, or after N seconds',
    access: anyRole,
    headers: z.object({ 'idempotency-key': idempotencyKeyHeader, prefer: z.string().optional() }),
    body: placeOrderBody,
    example: exampleOrder,
    answers: {
      202: {
        description:
          'The order is accepted and will reach a resting state. Client-Reference-Repeats warns of one without an ' +
          'Idempotency-Key whose clientReference is that of another order of the customer, of the last day: its id',
        schema: orderResource,
        headers: ['Location', 'Idempotency-Replayed', 'Preference-Applied', 'Client-Reference-Repeats'],
      },
    },
    names: { parameter: 'orderId', field: 'id' },
    problems: ['request-in-progress', 'idempotency-key-reused'],
    handle: async ({ actor, headers, body, signal, onlyWaits }) => {
      const order = forCustomer(body, actor);
      const given = headers['idempotency-key'];
      const key = given === undefined ? undefined : requestKey(actor.subject, given, order);
      const { resource, replayed } = await placeOrder(deps, actor, order, key);
      if (!replayed) deps.metrics.ordersAccepted.inc();
      const seconds = preferredWait(headers.prefer);
      const mayWait = seconds !== undefined && !deps.watcher.full && deps.usage.waits.take(actor.subject, signal);
      const wait = mayWait ? seconds : undefined;
      const [repeats] = await Promise.all([
        key === undefined ? repeatedReference(deps.database, resource, deps.now()) : undefined,
        (replayed ? Promise.resolve() : startOrLeaveToSweep(deps, resource, termsOf(order))).then(onlyWaits),
        wait && waitForOrder(deps.watcher, resource.id, wait, signal),
      ]);
      return {
        status: 202,
        body: wait === undefined ? resource : ((await current(deps, resource.id)) ?? resource),
        headers: {
          Location: pathOf(resource.id),
          ...(repeats !== undefined && { 'Client-Reference-Repeats': repeats }),
          ...(replayed && { 'Idempotency-Replayed': 'true' }),
          ...(wait !== undefined && { 'Preference-Applied': `wait=${wait}` }),
        },
      };
    },
  }),
];

async function current({ database }: ApiDependencies, id: string) {
  const [order] = await findOrders(database, { id }, 1);
  return order && toResource(order);
}

const termsOf = ({ shippingAddress: { country }, options: { fulfilment, backorderUntil } }: CustomerOrder) => ({
  country,
  fulfilment,
  backorder: backorderUntil !== null,
});

/** The order with its customer: a customer's own, or the one that staff name. */
function forCustomer(order: PlaceOrder, { role, subject }: Actor): CustomerOrder {
  if (role !== 'customer') {
    if (order.customerId !== undefined) return { ...order, customerId: order.customerId };
    throw invalid([{ field: 'customerId', message: `is required with the role ${role}: whose order is it?` }]);
  }
  if (order.customerId === undefined || order.customerId === subject) return { ...order, customerId: subject };
  const errors = [{ field: 'customerId', message: `must be ${subject}, the token's subject, or be left out` }];
  throw new Problem('forbidden', 'customerId names another customer; a customer orders for nobody else', { errors });
}
