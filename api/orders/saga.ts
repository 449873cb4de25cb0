import { z } from 'zod';
import { workflowIdOf } from '../../contracts/workflow/ids';
import { stuckActions } from '../../domain/step-kinds';
import type { Database } from '../../infra/database/client';
import type { PendingStep } from '../../workflow-client/pending-steps';
import type { ApiDependencies } from '../dependencies';
import { route, type Route } from '../http/route';
import { findVisible } from './find';
import { orderParams } from './parameters';
import { staff } from '../decisions/decide';

const stepStates = ['running', 'applied', 'undoing', 'undone', 'skipped'] as const;

const stepView = z.strictObject({
  step: z.string(),
  state: z
    .enum(stepStates)
    .describe('As the books have it; running, if the step is under way or waits for its next attempt'),
  attempts: z
    .int()
    .describe('How many attempts it took, or took so far. While Temporal cannot be asked, only what the books know'),
  lastError: z
    .string()
    .nullable()
    .describe('Why the last attempt of a step under way failed; null for others, and while Temporal cannot be asked'),
});

const sagaView = z.strictObject({
  workflowId: z.string(),
  temporalUrl: z.string(),
  steps: z.array(stepView),
  stuck: z.array(
    z.strictObject({
      step: z.string(),
      since: z.iso.datetime(),
      reason: z.string(),
      actions: z.array(z.enum(stuckActions)),
    }),
  ),
});

type StepView = z.infer<typeof stepView>;
type StuckView = z.infer<typeof sagaView>['stuck'][number];

/** The route that shows staff how an order's saga stands. */
export const sagaRoute = (deps: ApiDependencies): Route =>
  route({
    method: 'get',
    path: '/v1/orders/{orderId}/saga',
    operationId: 'getSaga',
    summary: "Reads an order's steps, what is stuck since when and why, and the actions that will free it",
    access: staff,
    params: orderParams,
    answers: { 200: { description: 'The saga; answered from the books if Temporal is down', schema: sagaView } },
    handle: async ({ actor, params: { orderId: id } }) => {
      await findVisible(deps.database, id, actor);
      const [known, pending, stuck] = await Promise.all([
        ledgerOf(deps.database, id),
        pendingOrNone(deps, id),
        stuckStepsOf(deps.database, id),
      ]);
      const workflowId = workflowIdOf(id);
      const temporalUrl = deps.temporalUrlOf(workflowId);
      return { status: 200, body: { workflowId, temporalUrl, steps: merge(known, pending), stuck } };
    },
  });

const ledgerOf = (database: Database, orderId: string): Promise<StepView[]> => database.sql.query<StepView>`
  SELECT step, state, attempts, NULL AS "lastError" FROM orders.saga_step WHERE order_id = ${orderId}
  ORDER BY coalesce(applied_at, undoing_at, undone_at), step`;

async function stuckStepsOf(database: Database, orderId: string): Promise<StuckView[]> {
  const rows = await database.sql.query<Omit<StuckView, 'since'> & { since: Date }>`
    SELECT step, since, reason, actions FROM orders.stuck_step
    WHERE order_id = ${orderId} AND resolved_at IS NULL ORDER BY since, step`;
  return rows.map(({ step, since, ...why }) => ({ step, since: since.toISOString(), ...why }));
}

async function pendingOrNone({ pendingSteps, logger }: ApiDependencies, orderId: string): Promise<PendingStep[]> {
  try {
    return await pendingSteps(orderId);
  } catch (error) {
    logger.warn({ err: error, orderId }, 'Temporal could not be asked, so the saga is shown by the books alone');
    return [];
  }
}

/** The ledger's steps with what is under way of them, then those under way that the ledger does not know yet. */
function merge(known: readonly StepView[], pending: readonly PendingStep[]): StepView[] {
  const underWay = new Map(pending.map((step) => [step.step, step]));
  const begun = known.map((view): StepView => {
    const { attempts, lastError } = underWay.get(view.step) ?? view;
    if (!underWay.delete(view.step)) return view;
    return { step: view.step, state: view.state === 'undoing' ? view.state : 'running', attempts, lastError };
  });
  const unknown = [...underWay.values()].map(({ step, ...tries }): StepView => ({ step, state: 'running', ...tries }));
  return [...begun, ...unknown];
}
