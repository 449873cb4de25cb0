import { z } from 'zod';
import { inspectReturn, returnDecision, writeOffRefund } from '../../contracts/http/return';
import type { Decision } from '../../contracts/workflow/order';
import { hasReturnEnded } from '../../domain/return-status';
import type { UpdateOutcome, UpdateTerms } from '../../workflow-client/order-updates';
import type { ApiDependencies } from '../dependencies';
import { Problem, type FieldError } from '../http/problem';
import { route, type Route } from '../http/route';
import { noAnswer, storeDecision } from '../orders/decisions';
import { decisionHeaders, staff } from '../orders/staff-decision';
import type { Actor } from '../access/tokens';
import { findVisibleReturn } from './find';
import { toInspection } from './inspection';
import type { ReturnRecord } from './resource';
import { returnParams } from './routes';

const taken = z.strictObject({ id: z.string(), decision: z.string() });

const common = {
  method: 'post',
  access: staff,
  params: returnParams,
  headers: decisionHeaders,
  answers: { 202: { description: 'It was taken; the return shows it in a moment', schema: taken } },
  problems: ['return-decision-not-due', 'request-in-progress', 'idempotency-key-reused'],
} as const;

/** Staff's decisions that need no more than a note, by the last part of their path. */
const decisions = {
  authorise: {
    send: 'authorise',
    operationId: 'authoriseReturn',
    summary: 'Lets the goods be sent back',
    body: returnDecision,
  },
  reject: { send: 'reject', operationId: 'rejectReturn', summary: 'Refuses a return', body: returnDecision },
  receive: {
    send: 'receive',
    operationId: 'receiveReturn',
    summary: 'Says that the goods are at the warehouse',
    body: returnDecision,
  },
  'retry-refund': {
    send: 'retryRefund',
    operationId: 'retryRefund',
    summary: 'Has a refund asked for again that the payment provider refused',
    body: returnDecision,
  },
  'write-off-refund': {
    send: 'writeOffRefund',
    operationId: 'writeOffRefund',
    summary: 'Gives a refund up that the payment provider refuses for ever; the note says why, for the audit',
    body: writeOffRefund,
  },
} as const;

/** The routes by which staff decide on returns; a note goes into the order's timeline, for staff alone. */
export const returnDecisionRoutes = (deps: ApiDependencies): Route[] => [
  ...Object.entries(decisions).map(([name, { send, operationId, summary, body: takes }]) =>
    route({
      ...common,
      problems: [...common.problems],
      path: `/v1/returns/{returnId}/${name}`,
      operationId,
      summary,
      body: takes,
      handle: async ({ actor, params, headers, body }) => {
        const returned = await findVisibleReturn(deps.database, params.returnId, actor);
        const wish = { decision: name, body, note: body.note, key: headers['idempotency-key'] };
        await decide(deps, actor, returned, wish, (by, terms) => deps.returnUpdates[send](returned.id, by, terms));
        return { status: 202, body: { id: returned.id, decision: name } };
      },
    }),
  ),
  route({
    ...common,
    problems: [...common.problems],
    path: '/v1/returns/{returnId}/inspect',
    operationId: 'inspectReturn',
    summary: 'Says what came back, restocks or writes it off, and decides the refund: all that is due, or less',
    body: inspectReturn,
    handle: async ({ actor, params, headers, body }) => {
      const returned = await findVisibleReturn(deps.database, params.returnId, actor);
      const { lines, refund } = await toInspection(deps.database, returned, body);
      const wish = { decision: 'inspect', body, note: body.note, key: headers['idempotency-key'] };
      await decide(deps, actor, returned, wish, (by, terms) =>
        deps.returnUpdates.inspect(returned.id, { ...by, lines, refund }, terms),
      );
      return { status: 202, body: { id: returned.id, decision: 'inspect' } };
    },
  }),
];

interface Wish {
  decision: string;
  body: object;
  note: string | undefined;
  key: string | undefined;
}

/**
 * Carries a decision to the return's workflow and resolves when that has taken it. Throws the problem
 * `return-decision-not-due` where the workflow refuses it or the return has ended, `unavailable` where it gives no answer.
 */
async function decide(
  deps: ApiDependencies,
  actor: Actor,
  { id, orderId }: ReturnRecord,
  { decision: name, body, note, key }: Wish,
  send: (decision: Decision, terms: UpdateTerms) => Promise<UpdateOutcome<void>>,
): Promise<void> {
  const refuseEnded = async () => {
    const { status } = await findVisibleReturn(deps.database, id, actor);
    if (hasReturnEnded(status)) throw notDue(`the return is ${status}; nothing is to be decided any more`);
  };
  await refuseEnded();
  const wish = { orderId, actor, update: `${id}/${name}`, body, note, key };
  const { decision, terms } = await storeDecision(deps, wish);
  const outcome = await send(decision, terms);
  if (outcome.kind === 'answered') return;
  if (outcome.kind === 'refused') throw notDue(outcome.message, outcome.field);
  await refuseEnded();
  throw noAnswer(outcome.kind, deps.limits, 'return');
}

function notDue(message: string, field = 'returnId'): Problem {
  const errors: FieldError[] = [{ field, message }];
  return new Problem('return-decision-not-due', message, { errors });
}
