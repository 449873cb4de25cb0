import { z } from 'zod';
import { DECIDE_REVIEW } from '../../contracts/workflow/order';
import type { ApiDependencies } from '../dependencies';
import { route, type Route } from '../http/route';
import { noteText } from './decisions';
import { orderParams } from './parameters';
import { decide, decisionHeaders, staff } from './staff-decision';

const decisions = z.enum(['approve', 'reject']);

const NOT_IN_REVIEW = { kind: 'not-in-review', field: 'decision', atRest: 'there is nothing to decide' } as const;

/** The route by which staff decide on an order that screening held. */
export const reviewRoute = (deps: ApiDependencies): Route =>
  route({
    method: 'post',
    path: '/v1/orders/{orderId}/review',
    operationId: 'decideReview',
    summary: 'Approves or rejects an order in review; the note goes into the timeline, for staff alone',
    access: staff,
    params: orderParams,
    headers: decisionHeaders,
    body: z.strictObject({ decision: decisions, note: noteText }),
    answers: { 202: { description: 'It was taken', schema: z.strictObject({ decision: decisions }) } },
    problems: ['not-in-review', 'request-in-progress', 'idempotency-key-reused'],
    handle: async ({ actor, params: { orderId }, headers, body }) => {
      const { decision, note } = body;
      const wish = { orderId, actor, update: DECIDE_REVIEW, body, note, key: headers['idempotency-key'] };
      await decide(deps, wish, NOT_IN_REVIEW, (by, terms) =>
        deps.orderUpdates.decideReview(orderId, { ...by, decision }, terms),
      );
      return { status: 202, body: { decision } };
    },
  });
