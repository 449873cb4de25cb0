import { z } from 'zod';
import { workflowIdOf } from '../../contracts/workflow/ids';
import { isAtRest } from '../../domain/order-status';
import { decisionHeaders, notDue, noteText, staff } from '../decisions/decide';
import { decideAsStaff } from '../decisions/staff-decision';
import type { ApiDependencies } from '../dependencies';
import { route, type Route } from '../http/route';
import { findVisible } from './find';
import { orderParams } from './parameters';

const decisions = z.enum(['approve', 'reject']);

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
      await findVisible(deps.database, orderId, actor);
      const proven = async () => {
        const { status } = await findVisible(deps.database, orderId, actor);
        return isAtRest(status) ? notDue(`The order is ${status}: there is nothing to decide.`) : undefined;
      };
      const key = headers['idempotency-key'];
      const wish = {
        orderId,
        workflowId: workflowIdOf(orderId),
        actor,
        update: 'decideReview',
        body,
        note,
        key,
      } as const;
      const refusal = { kind: 'not-in-review', field: 'decision', proven } as const;
      await decideAsStaff(deps, { ...wish, payload: { decision } }, refusal);
      return { status: 202, body: { decision } };
    },
  });
