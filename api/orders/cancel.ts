import { z } from 'zod';
import { CANCEL_ORDER, type CancelAnswer } from '../../contracts/workflow/order';
import { isAtRest, type OrderStatus } from '../../domain/order-status';
import type { UpdateOutcome } from '../../workflow-client/order-updates';
import type { ApiDependencies } from '../dependencies';
import { anyRole } from '../http/parameters';
import { Problem, unavailable } from '../http/problem';
import { route, type Answer, type Route } from '../http/route';
import { findVisible } from './find';
import { noAnswer, noteText, storeDecision, type StoredDecision } from './decisions';
import { idempotencyKeyHeader } from './idempotency';
import { orderParams } from './parameters';
import { pathOf, toResource, type OrderRecord } from './resource';
import { startOrLeaveToSweep } from './start';

type Outcome = CancelAnswer['outcome'];

/** The route that cancels an order, or says why it cannot be cancelled any more. */
export const cancelRoute = (deps: ApiDependencies): Route =>
  route({
    method: 'post',
    path: '/v1/orders/{orderId}/cancel',
    operationId: 'cancelOrder',
    summary: 'Cancels an order, for a reason if one is given; 409 with outcome too_late once it is being paid',
    access: anyRole,
    params: orderParams,
    headers: z.object({ 'idempotency-key': idempotencyKeyHeader }),
    body: z.strictObject({ reason: noteText.optional() }),
    answers: {
      202: { description: 'It is being undone', schema: z.strictObject({ outcome: z.literal('accepted') }) },
      200: {
        description: 'It was being undone already, or is undone',
        schema: z.strictObject({ outcome: z.literal('already_cancelling') }),
      },
    },
    problems: ['too-late-to-cancel', 'request-in-progress', 'idempotency-key-reused'],
    handle: async ({ actor, params: { orderId }, headers, body }) => {
      const find = () => findVisible(deps.database, orderId, actor);
      const order = await find();
      const wish = { orderId, actor, update: CANCEL_ORDER, body, note: body.reason, key: headers['idempotency-key'] };
      if (isAtRest(order.status)) return answer(orderId, provenBy(order.status) ?? 'already_cancelling');
      const reply = await ask(deps, order, await storeDecision(deps, wish));
      const proven = provenBy((await find()).status);
      // A run that lost a task may not know what it did in it.
      if (proven === 'too_late') return answer(orderId, proven);
      if (reply.kind === 'answered') return answer(orderId, reply.answer.outcome);
      if (proven !== undefined) return answer(orderId, proven);
      throw reply.kind === 'refused' ? unavailable(reply.message) : noAnswer(reply.kind, deps.limits);
    },
  });

/** Asks the order's workflow; one that was accepted while Temporal was down is started for it. */
async function ask(
  deps: ApiDependencies,
  order: OrderRecord,
  { decision, terms }: StoredDecision,
): Promise<UpdateOutcome<CancelAnswer>> {
  const until = performance.now() + terms.timeoutMs;
  const send = () => {
    const timeoutMs = Math.max(0, until - performance.now());
    return deps.orderUpdates.cancel(order.id, decision, { ...terms, timeoutMs });
  };
  const reply = await send();
  if (reply.kind !== 'absent' || order.status !== 'created') return reply;
  await startOrLeaveToSweep(deps, toResource(order), order);
  return send();
}

/** What an order's status alone proves, whatever its workflow would say. */
function provenBy(status: OrderStatus): Outcome | undefined {
  switch (status) {
    case 'compensating':
    case 'cancelled':
    case 'rejected':
    case 'expired':
    case 'failed':
      return 'already_cancelling';
    case 'paid':
    case 'shipped':
    case 'delivered':
    case 'returned':
      return 'too_late';
    default:
      return undefined;
  }
}

function answer(orderId: string, outcome: Outcome): Answer {
  if (outcome !== 'too_late') return { status: outcome === 'accepted' ? 202 : 200, body: { outcome } };
  const members = { outcome, links: { returns: `${pathOf(orderId)}/returns` } };
  const detail = 'the order is being paid or is paid already, and will be delivered; return it by links.returns then';
  throw new Problem('too-late-to-cancel', detail, { members });
}
