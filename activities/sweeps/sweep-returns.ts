import type { ReturnOrderInput } from '../../contracts/workflow/return';
import { endedReturnStatuses, type ReturnStatus } from '../../domain/return-status';
import type { Database } from '../../infra/database/client';
import { each, inBatches, MOST_AT_ONCE, type SweepAges } from './sweeps';

/** A return as its workflow is started. */
export type SweptReturn = Omit<ReturnOrderInput, 'policy'>;

/** The workflows of returns, as a sweep sees them. */
export interface ReturnWorkflows {
  /** Starts it, or takes it up again where it was stopped; one that runs is left alone. */
  start(returned: SweptReturn): Promise<void>;
  /** The ids of returns whose workflow was terminated, failed or timed out. */
  stopped(): AsyncIterable<string>;
}

interface Deps {
  database: Database;
  returns: ReturnWorkflows;
  ages: Pick<SweepAges, 'unstartedMs'>;
}

/** Sweeps up returns that a crash or an outage left over. Safe to repeat, and to run while returns go on. */
export function createReturnSweepActivities({ database, returns, ages }: Deps) {
  const start = (returned: SweptReturn) => returns.start(returned);
  return {
    /** Starts every return that no workflow took up, or whose workflow was stopped before its end. Returns how many. */
    async startUnstartedReturns(): Promise<number> {
      const requestedAt = { lt: new Date(Date.now() - ages.unstartedMs) };
      let started = await each(await readOpen(database, { takenUpAt: null, requestedAt }), start);
      for await (const ids of inBatches(returns.stopped())) {
        started += await each(await readOpen(database, { id: { in: ids } }), start);
      }
      return started;
    },
  };
}

async function readOpen(
  database: Database,
  where: NonNullable<Parameters<Database['orderReturn']['findMany']>[0]>['where'] & object,
): Promise<SweptReturn[]> {
  const open = await database.orderReturn.findMany({
    where: { ...where, status: { notIn: endedReturnStatuses } },
    include: { lines: { orderBy: { sku: 'asc' } } },
    orderBy: { id: 'asc' },
    take: MOST_AT_ONCE,
  });
  return open.map(({ id, orderId, status, lines }) => ({
    returnId: id,
    orderId,
    status: status as ReturnStatus,
    lines: lines.map(({ sku, quantity }) => ({ sku, quantity })),
  }));
}

/** What the sweep's workflow may call besides. */
export type ReturnSweepActivities = ReturnType<typeof createReturnSweepActivities>;
