import { z } from 'zod';
import { inspectReturn, returnDecision } from '../../contracts/http/return';
import { returnWorkflowIdOf } from '../../contracts/workflow/ids';
import { hasReturnEnded } from '../../domain/return-status';
import type { Actor } from '../access/tokens';
import { decisionHeaders, notDue, staff, type Wish } from '../decisions/decide';
import { decideAsStaff } from '../decisions/staff-decision';
import type { ApiDependencies } from '../dependencies';
import { route, type Route } from '../http/route';
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
  authorise: { update: 'authoriseReturn', summary: 'Lets the goods be sent back' },
  reject: { update: 'rejectReturn', summary: 'Refuses a return' },
  receive: { update: 'receiveReturn', summary: 'Says that the goods are at the warehouse' },
} as const;

/** The routes by which staff decide on returns; a note goes into the order's timeline, for staff alone. */
export const returnDecisionRoutes = (deps: ApiDependencies): Route[] => [
  ...Object.entries(decisions).map(([name, { update, summary }]) =>
    route({
      ...common,
      problems: [...common.problems],
      path: `/v1/returns/{returnId}/${name}`,
      operationId: update,
      summary,
      body: returnDecision,
      handle: async ({ actor, params, headers, body }) => {
        const returned = await findVisibleReturn(deps.database, params.returnId, actor);
        await decide(deps, actor, returned, { update, body, note: body.note, key: headers['idempotency-key'] });
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
      const payload = await toInspection(deps.database, returned, body);
      const wish = {
        update: 'inspectReturn',
        body,
        payload,
        note: body.note,
        key: headers['idempotency-key'],
      } as const;
      await decide(deps, actor, returned, wish);
      return { status: 202, body: { id: returned.id, decision: 'inspect' } };
    },
  }),
];

/** Carries a decision to the return's workflow. */
async function decide(
  deps: ApiDependencies,
  actor: Actor,
  { id, orderId }: ReturnRecord,
  wish: Pick<Wish, 'update' | 'body' | 'payload' | 'note' | 'key'>,
): Promise<void> {
  const proven = async () => {
    const { status } = await findVisibleReturn(deps.database, id, actor);
    return hasReturnEnded(status) ? notDue(`The return is ${status}: nothing is to be decided any more.`) : undefined;
  };
  const refusal = { kind: 'return-decision-not-due', field: 'returnId', proven } as const;
  const body = { returnId: id, ...wish.body };
  await decideAsStaff(deps, { ...wish, body, actor, orderId, workflowId: returnWorkflowIdOf(id) }, refusal);
}
