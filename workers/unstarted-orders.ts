import type { Database } from '../infra/database/client';
import type { FulfilmentOrder } from '../infra/temporal/start-fulfilment';
import { money } from '../domain/money';

const PAGE = 100;

/**
 * Starts the workflow of every accepted order that has none, because the API died or Temporal was away in between.
 * Starting is safe to repeat, so an order that is only slow to leave `created` is not harmed.
 *
 * @param graceMs - how long an order is left to the API that accepted it
 */
export async function startUnstarted(
  database: Database,
  graceMs: number,
  start: (order: FulfilmentOrder) => Promise<void>,
): Promise<void> {
  const before = new Date(Date.now() - graceMs);
  let after = '';
  for (;;) {
    const page = await database.order.findMany({
      where: { status: 'created', createdAt: { lt: before }, id: { gt: after } },
      include: { lines: { orderBy: { position: 'asc' } } },
      orderBy: { id: 'asc' },
      take: PAGE,
    });
    for (const { id, country, grand, currency, lines } of page) {
      await start({ id, country, lines, grand: money(Number(grand), currency) });
      after = id;
    }
    if (page.length < PAGE) return;
  }
}
