import { z } from 'zod';
import type { Decision } from '../../contracts/workflow/order';
import { isAtRest } from '../../domain/order-status';
import type { UpdateOutcome, UpdateTerms } from '../../workflow-client/order-updates';
import type { ApiDependencies } from '../dependencies';
import { Problem, type ProblemKind } from '../http/problem';
import { findVisible } from './find';
import { noAnswer, storeDecision, type Wish } from './decisions';
import { idempotencyKeyHeader } from './idempotency';

/** Who decides about sagas. */
export const staff = ['support', 'admin'] as const;

/** The headers of a decision. */
export const decisionHeaders = z.object({ 'idempotency-key': idempotencyKeyHeader });

/**
 * Carries a decision of staff's to the order's workflow and resolves when that has taken it. Throws the problem
 * `refusal`, which names the field that was wrong, where the workflow refuses it or the order is at rest; `not-found`
 * where there is no such order; `unavailable` where there is no answer.
 */
export async function decide(
  deps: ApiDependencies,
  wish: Wish,
  refusal: Refusal,
  send: (decision: Decision, terms: UpdateTerms) => Promise<UpdateOutcome<void>>,
): Promise<void> {
  const refuseAtRest = async () => {
    const { status } = await findVisible(deps.database, wish.orderId, wish.actor);
    if (isAtRest(status)) throw refused(refusal.kind, refusal.field, `${refusal.atRest}: the order is ${status}`);
  };
  if (!(await refusal.isOpenAtRest?.(deps, wish.orderId))) await refuseAtRest();
  const { decision, terms } = await storeDecision(deps, wish);
  const outcome = await send(decision, terms);
  if (outcome.kind === 'answered') return;
  if (outcome.kind === 'refused') throw refused(refusal.kind, outcome.field ?? refusal.field, outcome.message);
  await refuseAtRest();
  throw noAnswer(outcome.kind, deps.limits);
}

/** How a decision is refused that is not due. */
interface Refusal {
  kind: ProblemKind;
  /** The field that is wrong where the workflow names none. */
  field: string;
  /** What to say of an order at rest. */
  atRest: string;
  /** Whether there may be something to decide although the order is at rest; left out, there never is. */
  isOpenAtRest?: (deps: ApiDependencies, orderId: string) => Promise<boolean>;
}

const refused = (kind: ProblemKind, field: string, message: string): Problem =>
  new Problem(kind, message, { errors: [{ field, message }] });
