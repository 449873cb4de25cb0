import { z } from 'zod';
import { requestReturn as requestBody, returnId, returnResource } from '../../contracts/http/return';
import type { ApiDependencies } from '../dependencies';
import { anyRole, keyOfCursor, page, paging, toPage } from '../http/parameters';
import { route, type Route } from '../http/route';
import { findVisible } from '../orders/find';
import { idempotencyKeyHeader, requestKey } from '../orders/idempotency';
import { orderParams } from '../orders/parameters';
import { leaveToSweep } from '../orders/start';
import { findReturns, findVisibleReturn } from './find';
import { requestReturn } from './request-return';
import { returnPathOf, toReturnResource } from './resource';

/** The path of a return. Any text: an id of another form than ours is as unknown as one that nobody has. */
export const returnParams = z.strictObject({ returnId: z.string() });

/** The routes that ask for returns and read them. */
export const returnRoutes = (deps: ApiDependencies): Route[] => [
  route({
    method: 'post',
    path: '/v1/orders/{orderId}/returns',
    operationId: 'requestReturn',
    summary: 'Asks to return goods of a delivered order; staff decide',
    access: anyRole,
    params: orderParams,
    headers: z.object({ 'idempotency-key': idempotencyKeyHeader }),
    body: requestBody,
    answers: {
      202: {
        description: 'The return is stored, and staff will decide on it',
        schema: returnResource,
        headers: ['Location', 'Idempotency-Replayed'],
      },
    },
    names: { parameter: 'returnId', field: 'id' },
    problems: ['order-not-delivered', 'not-returnable', 'request-in-progress', 'idempotency-key-reused'],
    handle: async ({ actor, params: { orderId }, headers, body }) => {
      await findVisible(deps.database, orderId, actor);
      const given = headers['idempotency-key'];
      const key = given === undefined ? undefined : requestKey(actor.subject, given, { returnOf: orderId, ...body });
      const { resource, replayed } = await requestReturn(deps, actor, orderId, body, key);
      const { id, status } = resource;
      const lines = resource.lines.map(({ sku, quantity }) => ({ sku, quantity }));
      if (!replayed)
        await leaveToSweep(deps, { returnId: id }, () => deps.startReturn({ returnId: id, orderId, status, lines }));
      return {
        status: 202,
        body: resource,
        headers: { Location: returnPathOf(id), ...(replayed && { 'Idempotency-Replayed': 'true' }) },
      };
    },
  }),
  route({
    method: 'get',
    path: '/v1/orders/{orderId}/returns',
    operationId: 'listReturns',
    summary: 'Lists the returns of an order, newest first',
    access: anyRole,
    params: orderParams,
    query: z.strictObject(paging),
    answers: { 200: { description: 'A page of returns', schema: page(returnResource) } },
    handle: async ({ actor, params: { orderId }, query: { limit, cursor } }) => {
      await findVisible(deps.database, orderId, actor);
      const before = keyOfCursor(cursor, returnId);
      const returns = await findReturns(deps.database, { orderId, before }, limit + 1);
      const { items, nextCursor } = toPage(returns, limit, ({ id }) => id);
      return { status: 200, body: { items: items.map(toReturnResource), nextCursor } };
    },
  }),
  route({
    method: 'get',
    path: '/v1/returns/{returnId}',
    operationId: 'getReturn',
    summary: 'Reads a return',
    access: anyRole,
    params: returnParams,
    answers: { 200: { description: 'The return', schema: returnResource } },
    handle: async ({ actor, params }) => ({
      status: 200,
      body: toReturnResource(await findVisibleReturn(deps.database, params.returnId, actor)),
    }),
  }),
];
