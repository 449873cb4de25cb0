import { returnResource, type RequestReturn, type ReturnResource } from '../../contracts/http/return';
import { returnName } from '../../domain/step-kinds';
import type { Transaction } from '../../infra/database/client';
import { readReturnable, type ReturnableOrder } from '../../books/returnable';
import type { ApiDependencies } from '../dependencies';
import { invalid, Problem, type FieldError } from '../http/problem';
import { storedAnswer, takeKey, type RequestKey } from '../orders/idempotency';
import type { Actor } from '../access/tokens';
import { toReturnResource } from './resource';

export interface RequestedReturn {
  resource: ReturnResource;
  /** Whether an equal request asked for it before. */
  replayed: boolean;
}

/**
 * Stores a return of a delivered order: from then on a workflow follows it, whatever crashes. With a key, equal requests
 * make one return and get one answer. Throws the problem `order-not-delivered`, `not-returnable` if more is asked for
 * than is left to return, or one that names a sku that the order doesn't have.
 */
export async function requestReturn(
  deps: ApiDependencies,
  actor: Actor,
  orderId: string,
  body: RequestReturn,
  key: RequestKey | undefined,
): Promise<RequestedReturn> {
  const { database, limits } = deps;
  const before = key && (await storedAnswer(database, key, returnResource));
  if (before) return { resource: before, replayed: true };
  const resource = requested(deps, orderId, body);
  const first = await database.sql.transaction(async (tx) => {
    if (key && !(await takeKey(tx, key, { orderId, response: resource }, limits.equalRequestMs))) return false;
    await tx.query`SELECT FROM orders.orders WHERE id = ${orderId} FOR UPDATE`;
    refuseWhatIsLeft(await readReturnable(tx, orderId), body.lines);
    await storeReturn(tx, actor, resource, { id: deps.newNoteId(), text: body.reason });
    return true;
  });
  if (first) return { resource, replayed: false };
  const stored = key && (await storedAnswer(database, key, returnResource));
  if (!stored) throw new Error('the idempotency key was taken, and yet no answer is stored for it');
  return { resource: stored, replayed: true };
}

function requested({ now, newReturnId }: ApiDependencies, orderId: string, { lines }: RequestReturn): ReturnResource {
  const at = now();
  return toReturnResource({
    id: newReturnId(),
    orderId,
    status: 'requested',
    currency: '',
    requestedAt: at,
    receiveBy: null,
    updatedAt: at,
    refundable: null,
    refund: null,
    refundedAt: null,
    lines: [...lines]
      .sort((a, b) => (a.sku < b.sku ? -1 : 1))
      .map((line) => ({ ...line, restocked: 0, writtenOff: 0, warehouse: null })),
  });
}

function refuseWhatIsLeft({ status, lines }: ReturnableOrder, wanted: RequestReturn['lines']): void {
  if (status !== 'delivered') {
    const message = `must be of a delivered order; this one is ${status}`;
    throw new Problem('order-not-delivered', `orderId ${message}`, { errors: [{ field: 'orderId', message }] });
  }
  const unknown: FieldError[] = [];
  const excess: FieldError[] = [];
  wanted.forEach(({ sku, quantity }, index) => {
    const line = lines.find((each) => each.sku === sku);
    const skus = lines.map((each) => each.sku).join(', ');
    if (!line) unknown.push({ field: `lines[${index}].sku`, message: `must be a sku that was delivered: ${skus}` });
    const left = line ? line.delivered - line.back - line.awaited : quantity;
    if (quantity <= left) return;
    const message = left === 0 ? `nothing of ${sku} is left to return` : `must be at most ${left}, as many as are left`;
    excess.push({ field: `lines[${index}].quantity`, message });
  });
  if (unknown.length > 0) throw invalid(unknown);
  const [first] = excess;
  if (first) throw new Problem('not-returnable', `${first.field} ${first.message}`, { errors: excess });
}

/** Stores a return with its lines, its reason and its entry in the order's timeline, in one statement. */
async function storeReturn(
  tx: Transaction,
  { role, subject }: Actor,
  { id, orderId, lines, requestedAt }: ReturnResource,
  note: { id: string; text: string },
): Promise<void> {
  await tx.query`
    WITH requested AS (
      INSERT INTO orders.return (id, order_id, requested_by_type, requested_by_id, requested_at, updated_at)
      VALUES (${id}, ${orderId}, ${role}, ${subject}, ${requestedAt}, ${requestedAt}) RETURNING id
    ), reason AS (
      INSERT INTO orders.note (id, order_id, actor_type, actor_id, text)
      VALUES (${note.id}, ${orderId}, ${role}, ${subject}, ${note.text})
    ), entry AS (
      INSERT INTO orders.timeline_entry (order_id, step, status, actor_type, actor_id, note)
      SELECT id, ${returnName(id)}, status, ${role}, ${subject}, ${`return requested: ${note.text}`}
      FROM orders.orders WHERE id = ${orderId}
    )
    INSERT INTO orders.return_line (return_id, sku, quantity)
    SELECT id, sku, quantity FROM requested, jsonb_to_recordset(${JSON.stringify(lines)}::jsonb) AS l(sku text, quantity int)`;
}
