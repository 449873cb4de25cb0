import { z } from 'zod';
import { stuckActions } from '../../domain/step-kinds';
import { staff } from '../decisions/decide';
import type { ApiDependencies } from '../dependencies';
import { keyOfCursor, page, paging, toPage } from '../http/parameters';
import { route, type Route } from '../http/route';

const waiting = z.strictObject({
  orderId: z.string(),
  step: z.string().describe('The stuck step; review for an order that screening holds'),
  since: z.iso.datetime(),
  reason: z.string(),
  actions: z.array(z.enum([...stuckActions, 'approve', 'reject'])),
});

type Waiting = z.infer<typeof waiting>;

/** The route that lists every order that waits for a person. */
export const attentionRoute = ({ database }: ApiDependencies): Route =>
  route({
    method: 'get',
    path: '/v1/attention',
    operationId: 'listAttention',
    summary: 'Lists every order that waits for a person, oldest first, with the actions that free it',
    access: staff,
    query: z.strictObject(paging),
    answers: { 200: { description: 'A page of what waits', schema: page(waiting) } },
    handle: async ({ query: { limit, cursor } }) => {
      const after = keyOfCursor(cursor, z.string()) ?? '';
      const rows = await database.sql.query<Omit<Waiting, 'since'> & { since: Date; key: string }>`
        SELECT * FROM (
          SELECT order_id AS "orderId", step, since, reason, actions FROM orders.stuck_step WHERE resolved_at IS NULL
          UNION ALL
          SELECT o.id, 'review', o.updated_at, 'screening holds the order', ARRAY['approve', 'reject']
          FROM orders.orders o WHERE o.status = 'in_review'
        ) waiting CROSS JOIN LATERAL (
          SELECT to_char(since AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSMS') || "orderId" || '/' || step AS key
        ) position
        WHERE key > ${after} ORDER BY key LIMIT ${limit + 1}`;
      const { items, nextCursor } = toPage(rows, limit, ({ key }) => key);
      const shown = items.map(({ orderId, step, since, reason, actions }) => {
        return { orderId, step, since: since.toISOString(), reason, actions };
      });
      return { status: 200, body: { items: shown, nextCursor } };
    },
  });
