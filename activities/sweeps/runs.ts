import { markFollowed, takeOpenOrders, takeOpenReturns, type OpenOrder } from '../../books/left-over';
import { returnWorkflowIdOf, workflowIdOf } from '../../contracts/workflow/ids';
import type { Beginning, FulfilmentOrder } from '../../contracts/workflow/order';
import type { StartedReturn } from '../../contracts/workflow/return';
import { money } from '../../domain/money';
import type { OrderStatus } from '../../domain/order-status';
import type { ReturnStatus } from '../../domain/return-status';
import type { Database } from '../../infra/database/client';
import { before, eachOf, MOST_AT_ONCE } from './sweep';

/** The workflows of orders and returns, as a sweep sees them. */
export interface SweptRuns {
  startOrder(order: FulfilmentOrder, beginning: Beginning): Promise<void>;
  startReturn(returned: StartedReturn): Promise<void>;
  openAmong(workflowIds: readonly string[]): Promise<ReadonlySet<string>>;
  newestRun(workflowId: string): Promise<'running' | 'terminated' | 'closed' | 'unknown'>;
  statusOfRun(workflowId: string): Promise<OrderStatus>;
  tellBooksMoved(workflowId: string): Promise<void>;
}

interface Deps {
  database: Database;
  runs: SweptRuns;
  ages: { unstartedMs: number; quietMs: number };
}

/** Sees to it that every order and return that is not at its end has a run, which knows what the books know. */
export function createRunSweeps({ database, runs, ages }: Deps) {
  const followOrders = async (): Promise<{ ids: string[]; recovered: number }> => {
    const limits = { before: before(ages.unstartedMs), quietSince: before(ages.quietMs), limit: MOST_AT_ONCE };
    const orders = await takeOpenOrders(database, limits);
    const open = await runs.openAmong(orders.map(({ id }) => workflowIdOf(id)));
    const hasRun = ({ id }: OpenOrder) => open.has(workflowIdOf(id));
    const recovered = await eachOf(
      orders.filter((order) => !hasRun(order)),
      ({ id }) => recover(database, runs, id),
    );
    await eachOf(
      orders.filter((order) => hasRun(order) && isAhead(order)),
      (order) => tellRun(database, runs, order),
    );
    return { ids: orders.map(({ id }) => id), recovered };
  };
  return {
    /**
     * Recovers every order without a run, and tells a run that the books have news if its order stands elsewhere in them.
     * Where one order was lost others may be, so it goes on until a batch has none, or it has come to each order once.
     * Returns how many were recovered.
     */
    async recoverOrders(): Promise<number> {
      const seen = new Set<string>();
      let recovered = 0;
      for (;;) {
        const batch = await followOrders();
        recovered += batch.recovered;
        const fresh = batch.ids.filter((id) => !seen.has(id));
        if (batch.recovered === 0 || fresh.length < MOST_AT_ONCE) return recovered;
        fresh.forEach((id) => seen.add(id));
      }
    },

    /** Starts or recovers every return without a run. Returns how many. */
    async recoverReturns(): Promise<number> {
      const ids = await takeOpenReturns(database, before(ages.unstartedMs), MOST_AT_ONCE);
      const open = await runs.openAmong(ids.map(returnWorkflowIdOf));
      const lost = await readReturns(
        database,
        ids.filter((id) => !open.has(returnWorkflowIdOf(id))),
      );
      return eachOf(lost, (returned) => runs.startReturn(returned));
    },
  };
}

/** Whether the books may be ahead of the order's run: they stand still, and the run was not seen to agree with them. */
const isAhead = ({ status, followed, isQuiet }: OpenOrder): boolean => isQuiet && followed !== status;

async function tellRun(database: Database, runs: SweptRuns, { id, status }: OpenOrder): Promise<void> {
  if ((await runs.statusOfRun(workflowIdOf(id))) !== status) await runs.tellBooksMoved(workflowIdOf(id));
  await markFollowed(database, id, status);
}

/** A run that was terminated is undone if nothing was captured; one that is gone goes on from the books. */
async function recover(database: Database, runs: SweptRuns, orderId: string): Promise<void> {
  const run = await runs.newestRun(workflowIdOf(orderId));
  if (run === 'running') return;
  const order = await readOrder(database, orderId);
  await runs.startOrder(order, { recover: true, ...(run === 'terminated' && { interrupted: true }) });
}

async function readOrder(database: Database, orderId: string): Promise<FulfilmentOrder> {
  const { id, country, grand, currency, lines, fulfilment, backorderUntil } = await database.order.findUniqueOrThrow({
    where: { id: orderId },
    include: { lines: { orderBy: { position: 'asc' } } },
  });
  return {
    id,
    country,
    grand: money(Number(grand), currency),
    lines: lines.map(({ sku, quantity }) => ({ sku, quantity })),
    shipAvailable: fulfilment === 'ship_available',
    backorder: backorderUntil !== null,
  };
}

async function readReturns(database: Database, ids: string[]): Promise<StartedReturn[]> {
  const returns = await database.orderReturn.findMany({
    where: { id: { in: ids } },
    include: { lines: { orderBy: { sku: 'asc' } } },
  });
  return returns.map(({ id, orderId, status, lines }) => ({
    returnId: id,
    orderId,
    status: status as ReturnStatus,
    lines: lines.map(({ sku, quantity }) => ({ sku, quantity })),
  }));
}
