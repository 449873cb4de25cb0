import { z } from 'zod';
import { isDue, outcomeOf, settleDecision, storeDecision } from '../../books/decisions';
import { refusals, type UpdateName } from '../../contracts/workflow/decisions';
import { severalLines } from '../../contracts/http/text';
import { isRefusal, isSettled, type SettledOutcome, type UpdateOutcome } from '../../workflow-client/updates';
import type { Actor } from '../access/tokens';
import type { ApiDependencies } from '../dependencies';
import { unavailable, type Problem } from '../http/problem';
import { idempotencyKeyHeader, requestKey, storedAnswer, takeKey } from '../orders/idempotency';

/** Who decides about sagas. */
export const staff = ['support', 'admin'] as const;

/** The headers of a decision. */
export const decisionHeaders = z.object({ 'idempotency-key': idempotencyKeyHeader });

/** What a person says about a decision, in one or several lines. */
export const noteText = severalLines(500);

/** A person's decision, as it was asked for. */
export interface Wish {
  orderId: string;
  workflowId: string;
  actor: Actor;
  update: UpdateName;
  /** What of the request tells those under one key apart, besides its order. */
  body: object;
  /** What the workflow takes besides who decided and the id of the note. */
  payload?: object;
  /** What the person wrote; undefined if nothing. */
  note: string | undefined;
  /** The `Idempotency-Key`, if one was given. */
  key: string | undefined;
  /** How long the workflow's answer is waited for, in milliseconds; as long as an Update may take if left out. */
  timeoutMs?: number;
}

const stored = z.strictObject({ decisionId: z.string() });

/**
 * Carries a decision to a workflow. It is recorded before it is sent, and settled only once Temporal has answered it: a
 * sweep sends again what stays unsettled. An equal request under the same key gets the stored outcome, or asks again under
 * the same id; it is looked up before anything else. Throws the problem `idempotency-key-reused` if the key came with
 * another request, and `unavailable` if there is no answer.
 *
 * @param proven - the outcome that the books alone prove, if they do; then nothing is sent
 */
export async function decide(
  deps: ApiDependencies,
  wish: Wish,
  proven: () => Promise<SettledOutcome | undefined>,
): Promise<SettledOutcome> {
  const { database, limits } = deps;
  const { id, outcome: before } = (await findDecision(deps, wish)) ?? (await record(deps, wish, await proven()));
  if (before !== undefined) return before;
  const { workflowId, update, timeoutMs = limits.updateMs } = wish;
  const outcome = await deps.sendUpdate({
    workflowId,
    update,
    payload: payloadOf(wish, id),
    updateId: id,
    timeoutMs,
  });
  const isEarly = isRefusal(outcome, refusals.notDue) && (await isDue(database.sql, id));
  const known = isSettled(outcome) && !isEarly ? outcome : await proven();
  if (known === undefined) throw noAnswer(outcome, deps);
  await settleDecision(database.sql, id, known);
  return known;
}

interface Recorded {
  id: string;
  /** Undefined while it is not settled. */
  outcome: SettledOutcome | undefined;
}

/** The decision that an equal request has recorded under the same key. */
async function findDecision({ database }: ApiDependencies, wish: Wish): Promise<Recorded | undefined> {
  const key = keyOf(wish);
  const before = key && (await storedAnswer(database, key, stored));
  if (!before) return undefined;
  return {
    id: before.decisionId,
    outcome: (await outcomeOf(database.sql, before.decisionId)) as SettledOutcome | undefined,
  };
}

async function record(deps: ApiDependencies, wish: Wish, outcome: SettledOutcome | undefined): Promise<Recorded> {
  const { database, limits, newNoteId } = deps;
  const { orderId, workflowId, update, note, actor } = wish;
  const id = newNoteId();
  const key = keyOf(wish);
  const isFirst = await database.sql.transaction(async (tx) => {
    const response = { decisionId: id };
    if (key && !(await takeKey(tx, key, { orderId, response }, limits.equalRequestMs))) return false;
    if (note !== undefined) {
      await tx.query`
        INSERT INTO orders.note (id, order_id, actor_type, actor_id, text)
        VALUES (${id}, ${orderId}, ${actor.role}, ${actor.subject}, ${note})`;
    }
    await storeDecision(tx, { id, orderId, workflowId, update, payload: payloadOf(wish, id) }, outcome);
    return true;
  });
  if (isFirst) return { id, outcome };
  const equal = await findDecision(deps, wish);
  if (equal === undefined) throw new Error('the idempotency key was taken, and yet nothing is stored for it');
  return equal;
}

function keyOf({ key, actor, update, orderId, body }: Wish) {
  return key === undefined ? undefined : requestKey(actor.subject, key, { update, orderId, body });
}

const payloadOf = ({ actor, note, payload }: Wish, id: string): object => ({
  actor: { type: actor.role, id: actor.subject },
  noteId: note === undefined ? null : id,
  ...payload,
});

/** The workflow gave no answer, or does not run: it may do what was asked all the same, or a sweep has it do it. */
function noAnswer(outcome: UpdateOutcome, { limits }: ApiDependencies): Problem {
  if (outcome.kind === 'refused') return unavailable(outcome.message);
  if (outcome.kind === 'absent') {
    const detail =
      'No workflow runs that could do it: it was stopped from outside, or is not started yet. The decision is stored, ' +
      'and is carried out once a sweep has recovered the workflow, within a minute.';
    return unavailable(detail, {}, SWEPT_WITHIN_S);
  }
  return unavailable(
    `The workflow gave no answer within ${limits.updateMs / 1000} s. The decision is stored and will be carried out if ` +
      'that is still possible. To learn the outcome, ask again with the same Idempotency-Key.',
  );
}

const SWEPT_WITHIN_S = 60;

/** The outcome of a decision for which it is too late, or that was never due. */
export const notDue = (message: string, field?: string): SettledOutcome => ({
  kind: 'refused',
  type: refusals.notDue,
  message,
  ...(field !== undefined && { field }),
});
