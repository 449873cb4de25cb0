import { z } from 'zod';
import type { Decision } from '../../contracts/workflow/order';
import { singleLine } from '../../contracts/http/text';
import type { UpdateOutcome, UpdateTerms } from '../../workflow-client/order-updates';
import type { ApiDependencies } from '../dependencies';
import { unavailable, type Problem } from '../http/problem';
import type { Actor } from '../access/tokens';
import { requestKey, storedAnswer, takeKey } from './idempotency';

/** What a person says about a decision: one line, stored without the space around it. */
export const noteText = singleLine(500).trim();

/** A person's wish about an order, as it was asked for. */
export interface Wish {
  orderId: string;
  actor: Actor;
  /** Which of the order's Updates is meant; with the body it tells requests under one key apart. */
  update: string;
  body: object;
  /** What the person wrote; undefined where nothing. */
  note: string | undefined;
  /** The `Idempotency-Key`, where one was given. */
  key: string | undefined;
}

/** What travels to the workflow of a {@link Wish}: who, and the id of the note that stays here. */
export interface StoredDecision {
  decision: Decision;
  terms: UpdateTerms;
}

const stored = z.strictObject({ updateId: z.string() });

/**
 * Stores the note of a wish before its Update is sent, so that no text ever travels. An equal request under the same key
 * gets the same Update id, and so happens once; throws the problem `idempotency-key-reused` where the key came with
 * another request.
 */
export async function storeDecision(
  { database, limits, newNoteId }: Pick<ApiDependencies, 'database' | 'limits' | 'newNoteId'>,
  { orderId, actor: { role, subject }, update, body, note, key: given }: Wish,
): Promise<StoredDecision> {
  const key = given === undefined ? undefined : requestKey(subject, given, { update, orderId, body });
  let updateId = newNoteId();
  const first = await database.sql.transaction(async (tx) => {
    const response = { updateId };
    if (key && !(await takeKey(tx, key, { orderId, response }, limits.equalRequestMs))) return false;
    if (note !== undefined) {
      await tx.query`
        INSERT INTO orders.note (id, order_id, actor_type, actor_id, text)
        VALUES (${updateId}, ${orderId}, ${role}, ${subject}, ${note})`;
    }
    return true;
  });
  if (!first) {
    const before = key && (await storedAnswer(database, key, stored));
    if (!before) throw new Error('the idempotency key was taken, and yet nothing is stored for it');
    ({ updateId } = before);
  }
  const noteId = note === undefined ? null : updateId;
  return { decision: { actor: { type: role, id: subject }, noteId }, terms: { updateId, timeoutMs: limits.updateMs } };
}

/** How an Update was left without an answer. */
type Unanswered = Exclude<UpdateOutcome<unknown>['kind'], 'answered' | 'refused'>;

/**
 * The problem of a workflow that did not answer: `silent`, it may do what was asked all the same; `absent`, none runs that
 * could, although the order or the return is not at its end.
 */
export function noAnswer(
  kind: Unanswered,
  { updateMs }: ApiDependencies['limits'],
  whose: 'order' | 'return' = 'order',
): Problem {
  if (kind === 'absent') {
    const detail =
      `no workflow of the ${whose} runs that could do it: it was stopped from outside, or is not started yet; ` +
      `a sweep takes the ${whose} up within a minute, so ask again then`;
    return unavailable(detail, {}, SWEPT_WITHIN_S);
  }
  return unavailable(
    `the ${whose}'s workflow, waited for at most ${updateMs / 1000} s, gave no answer and may yet do what was asked; ` +
      `look at the ${whose}, or ask again with the same Idempotency-Key`,
  );
}

const SWEPT_WITHIN_S = 60;
