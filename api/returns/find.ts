import type { Database } from '../../infra/database/client';
import { Prisma } from '../../infra/database/generated/client';
import { scopeOf } from '../http/parameters';
import { notFound } from '../http/problem';
import type { Actor } from '../access/tokens';
import type { ReturnRecord } from './resource';

/** Which returns are meant; a part left out doesn't matter. */
export interface ReturnFilter {
  id?: string | undefined;
  orderId?: string | undefined;
  customerId?: string | undefined;
  /** Only returns older than the one with this id. */
  before?: string | undefined;
}

/** Returns, newest first, at most `limit`. */
export function findReturns(database: Database, filter: ReturnFilter, limit: number): Promise<ReturnRecord[]> {
  return database.$queryRaw`
    SELECT r.id, r.order_id AS "orderId", r.status, o.currency, r.requested_at AS "requestedAt",
      r.receive_by AS "receiveBy", r.updated_at AS "updatedAt", r.refundable, f.amount AS refund,
      f.refunded_at AS "refundedAt",
      (SELECT json_agg(json_build_object('sku', l.sku, 'quantity', l.quantity, 'restocked', l.restocked,
          'writtenOff', l.written_off, 'warehouse', l.warehouse) ORDER BY l.sku)
        FROM orders.return_line l WHERE l.return_id = r.id) AS lines
    FROM orders.return r
    JOIN orders.orders o ON o.id = r.order_id
    LEFT JOIN payments.refund f ON f.return_id = r.id
    WHERE ${conditionOf(filter)}
    ORDER BY r.id DESC
    LIMIT ${limit}`;
}

/** The return, or the problem `not-found`: even if it is of another customer's order than the actor's. */
export async function findVisibleReturn(database: Database, id: string, actor: Actor): Promise<ReturnRecord> {
  const [found] = await findReturns(database, { id, customerId: scopeOf(actor) }, 1);
  if (!found) throw notFound('return');
  return found;
}

function conditionOf({ id, orderId, customerId, before }: ReturnFilter): Prisma.Sql {
  const parts = [Prisma.sql`TRUE`];
  if (id !== undefined) parts.push(Prisma.sql`r.id = ${id}`);
  if (orderId !== undefined) parts.push(Prisma.sql`r.order_id = ${orderId}`);
  if (customerId !== undefined) parts.push(Prisma.sql`o.customer_id = ${customerId}`);
  if (before !== undefined) parts.push(Prisma.sql`r.id < ${before}`);
  return Prisma.join(parts, ' AND ');
}
