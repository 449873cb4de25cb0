import { z } from 'zod';
import { singleLine } from '../../contracts/http/text';
import { workflowIdOf } from '../../contracts/workflow/ids';
import { isAtRest } from '../../domain/order-status';
import { stuckActions } from '../../domain/step-kinds';
import { decisionHeaders, notDue, noteText, staff } from '../decisions/decide';
import { decideAsStaff } from '../decisions/staff-decision';
import type { ApiDependencies } from '../dependencies';
import { route, type Route } from '../http/route';
import { findVisible } from './find';
import { orderParams } from './parameters';

const resolution = z.strictObject({ step: singleLine(100), action: z.enum(stuckActions) });

/** The route by which staff free a stuck step of an order, of one of its returns, or of an undo that came late. */
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
      await findVisible(deps.database, orderId, actor);
      const owner = await ownerOf(deps, orderId, step);
      const proven = async () => {
        const { status } = await findVisible(deps.database, orderId, actor);
        const isOver = isAtRest(status) && (await ownerOf(deps, orderId, step)) === undefined;
        return isOver ? notDue(`The order is ${status}, and no step of it is stuck.`, 'step') : undefined;
      };
      const key = headers['idempotency-key'];
      const workflowId = owner ?? workflowIdOf(orderId);
      const wish = { orderId, workflowId, actor, update: 'resolveStuckStep', body, note, key } as const;
      const refusal = { kind: 'step-not-stuck', field: 'step', proven } as const;
      await decideAsStaff(deps, { ...wish, payload: { step, action } }, refusal);
      return { status: 202, body: { step, action } };
    },
  });

/** The workflow that waits for a person to free the step. */
async function ownerOf({ database }: ApiDependencies, orderId: string, step: string): Promise<string | undefined> {
  const [stuck] = await database.sql.query<{ workflowId: string }>`
    SELECT workflow_id AS "workflowId" FROM orders.stuck_step
    WHERE order_id = ${orderId} AND step = ${step} AND resolved_at IS NULL`;
  return stuck?.workflowId;
}
