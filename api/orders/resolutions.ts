import { z } from 'zod';
import { RESOLVE_STUCK_STEP, stuckActions } from '../../contracts/workflow/order';
import { singleLine } from '../../contracts/http/text';
import type { ApiDependencies } from '../dependencies';
import { route, type Route } from '../http/route';
import { noteText } from './decisions';
import { orderParams } from './parameters';
import { decide, decisionHeaders, staff } from './staff-decision';

const resolution = z.strictObject({ step: singleLine(100), action: z.enum(stuckActions) });

const NOT_STUCK = {
  kind: 'step-not-stuck',
  field: 'step',
  atRest: 'no step is stuck',
  isOpenAtRest: isStuck,
} as const;

/** The route by which staff free a stuck step. */
export const resolutionRoute = (deps: ApiDependencies): Route =>
  route({
    method: 'post',
    path: '/v1/orders/{orderId}/saga/resolutions',
    operationId: 'resolveStuckStep',
    summary: 'Frees a stuck step by one of the actions that the saga offers for it; the note says why, for the audit',
    access: staff,
    params: orderParams,
    headers: decisionHeaders,
    body: resolution.extend({ note: noteText }),
    answers: { 202: { description: 'It was taken', schema: resolution } },
    problems: ['step-not-stuck', 'request-in-progress', 'idempotency-key-reused'],
    handle: async ({ actor, params: { orderId }, headers, body }) => {
      const { step, action, note } = body;
      const wish = { orderId, actor, update: RESOLVE_STUCK_STEP, body, note, key: headers['idempotency-key'] };
      await decide(deps, wish, NOT_STUCK, (by, terms) =>
        deps.orderUpdates.resolveStuckStep(orderId, { ...by, step, action }, terms),
      );
      return { status: 202, body: { step, action } };
    },
  });

/** What runs beside an order, as the telling of a carrier that was given up, may be stuck when the order is at rest. */
async function isStuck({ database }: ApiDependencies, orderId: string): Promise<boolean> {
  const [stuck] = await database.sql.query`
    SELECT FROM orders.stuck_step WHERE order_id = ${orderId} AND resolved_at IS NULL LIMIT 1`;
  return stuck !== undefined;
}
