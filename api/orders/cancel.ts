import { z } from 'zod';
import { optional } from '../../contracts/http/text';
import { refusals } from '../../contracts/workflow/decisions';
import { workflowIdOf } from '../../contracts/workflow/ids';
import type { OrderStatus } from '../../domain/order-status';
import { isRefusal, type SettledOutcome } from '../../workflow-client/updates';
import { decide, decisionHeaders, noteText } from '../decisions/decide';
import type { ApiDependencies } from '../dependencies';
import { anyRole } from '../http/parameters';
import { Problem } from '../http/problem';
import { route, type Answer, type Route } from '../http/route';
import { findVisible } from './find';
import { orderParams } from './parameters';
import { pathOf, toResource } from './resource';
import { startOrLeaveToSweep } from './start';

/** The route that cancels an order, or says why it cannot be cancelled any more. */
export const cancelRoute = (deps: ApiDependencies): Route =>
  route({
    method: 'post',
    path: '/v1/orders/{orderId}/cancel',
    operationId: 'cancelOrder',
    summary: 'Cancels an order, for a reason if one is given; 409 with outcome too_late once it is being paid',
    access: anyRole,
    params: orderParams,
    headers: decisionHeaders,
    body: z.strictObject({ reason: optional(noteText) }),
    answers: {
      202: { description: 'It is being undone', schema: z.strictObject({ outcome: z.literal('accepted') }) },
      200: {
        description: 'It was being undone already, or is undone',
        schema: z.strictObject({ outcome: z.literal('already_cancelling') }),
      },
    },
    problems: ['too-late-to-cancel', 'request-in-progress', 'idempotency-key-reused'],
    handle: async ({ actor, params: { orderId }, headers, body }) => {
      const order = await findVisible(deps.database, orderId, actor);
      const key = headers['idempotency-key'];
      const until = performance.now() + deps.limits.updateMs;
      if (order.status === 'created') await startOrLeaveToSweep(deps, toResource(order), order);
      const wish = {
        orderId,
        workflowId: workflowIdOf(orderId),
        update: 'cancelOrder',
        actor,
        body,
        note: body.reason,
        key,
        timeoutMs: until - performance.now(),
      } as const;
      const status = async () => (await findVisible(deps.database, orderId, actor)).status;
      const outcome = await decide(deps, wish, async () => provenBy(await status()));
      // A run that lost a task may not know what it did in it.
      return answer(orderId, outcome, provenBy(await status()));
    },
  });

const alreadyCancelling: SettledOutcome = { kind: 'refused', type: refusals.alreadyCancelling, message: '' };
const tooLate: SettledOutcome = { kind: 'refused', type: refusals.tooLate, message: '' };

/** What an order's status alone proves, whatever its workflow would say. */
function provenBy(status: OrderStatus): SettledOutcome | undefined {
  switch (status) {
    case 'compensating':
    case 'cancelled':
    case 'rejected':
    case 'expired':
    case 'failed':
      return alreadyCancelling;
    case 'paid':
    case 'shipped':
    case 'delivered':
    case 'returned':
      return tooLate;
    default:
      return undefined;
  }
}

function answer(orderId: string, outcome: SettledOutcome, proven: SettledOutcome | undefined): Answer {
  if (outcome === tooLate || proven === tooLate || isRefusal(outcome, refusals.tooLate)) throw tooLateToCancel(orderId);
  // A sweep settles a decision that came too late for its workflow.
  const isUndone = isRefusal(outcome, refusals.notDue) && proven === alreadyCancelling;
  if (isUndone || isRefusal(outcome, refusals.alreadyCancelling)) {
    return { status: 200, body: { outcome: 'already_cancelling' } };
  }
  if (outcome.kind === 'refused') throw new Error(`the workflow refused a cancel: ${outcome.message}`);
  const { outcome: said } = outcome.answer as { outcome: 'accepted' | 'already_cancelling' };
  return { status: said === 'accepted' ? 202 : 200, body: { outcome: said } };
}

function tooLateToCancel(orderId: string): Problem {
  const members = { outcome: 'too_late', links: { returns: `${pathOf(orderId)}/returns` } };
  const detail = 'The order is being paid or is paid already. Return it by links.returns once it is delivered.';
  return new Problem('too-late-to-cancel', detail, { members });
}
