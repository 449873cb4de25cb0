import { log } from '@temporalio/activity';
import type { CarrierPort } from '../../adapters/ports';
import type { CarrierScan } from '../../contracts/workflow/order';
import { restingStatuses } from '../../domain/order-status';
import { idempotencyKey, steps } from '../../domain/steps';
import { money } from '../../domain/money';
import type { Money } from '../../contracts/http/money';
import { markWoken, ordersToWake } from '../../books/backorders';
import type { Database } from '../../infra/database/client';
import { takeUnheard, takeUnsent, takeUnstarted } from '../../books/left-over';
import type { StepLimits } from '../ledger/run-step';

/** An order as its workflow is started. */
export interface SweptOrder {
  id: string;
  country: string;
  grand: Money;
  lines: { sku: string; quantity: number }[];
  shipAvailable: boolean;
  backorder: boolean;
}

/** An order whose workflow was stopped. */
export interface StoppedOrder extends SweptOrder {
  /** How often a person was called for it. */
  occurrences: number;
}

/** The workflows of orders, as a sweep sees them. */
export interface OrderWorkflows {
  start(order: SweptOrder): Promise<void>;
  /** Takes an order up again whose workflow was terminated or failed. */
  resume(order: StoppedOrder): Promise<void>;
  /** The ids of orders whose workflow was terminated, failed or timed out. */
  stopped(): AsyncIterable<string>;
  signalScan(orderId: string, scan: CarrierScan): Promise<void>;
  signalStockArrived(orderId: string): Promise<void>;
}

/** How old something is before a sweep takes it for left over, in milliseconds. */
export interface SweepAges {
  /** An accepted order that has not left `created`, or a return that no workflow took up. */
  unstartedMs: number;
  /** A message that was not sent beside its order. */
  messageMs: number;
  /** A shipped order of which nothing was heard. */
  scanMs: number;
}

interface Deps {
  database: Database;
  carriers: readonly CarrierPort[];
  workflows: OrderWorkflows;
  /** Sends an order's pending messages, as the activity of the same name. */
  sendMessages(input: { orderId: string; limits: StepLimits }): Promise<void>;
  ages: SweepAges;
}

/** How long a sweep waits for a party; it has no patience, since the next sweep tries again. */
const LIMITS: StepLimits = { partyTimeoutMs: 10_000, patienceMs: 0 };

/** The most that is read at once; what a sweep leaves is the first that the next one takes. */
export const MOST_AT_ONCE = 500;

/** Sweeps up what a crash or an outage left over. Each is safe to repeat, and to run while orders go on. */
export function createSweepActivities({ database, carriers, workflows, sendMessages, ages }: Deps) {
  const before = (ageMs: number) => new Date(Date.now() - ageMs);
  const isOpen = { status: { notIn: [...restingStatuses] } };
  return {
    /** Starts every accepted order that has no workflow. Returns how many were looked at. */
    async startUnstarted(): Promise<number> {
      const ids = await takeUnstarted(database, before(ages.unstartedMs), MOST_AT_ONCE);
      const orders = await readOrders(database, { id: { in: ids } });
      return each(orders, (order) => workflows.start(order));
    },

    /** Takes up every order whose workflow was stopped before the order was at rest. Returns how many. */
    async resumeStopped(): Promise<number> {
      let taken = 0;
      for await (const ids of inBatches(workflows.stopped())) {
        const open = await readOrders(database, { id: { in: ids }, ...isOpen });
        taken += await each(open, (order) => workflows.resume(order));
      }
      return taken;
    },

    /** Sends messages that could not be sent beside their orders. Returns for how many orders. */
    async sendOverdueMessages(): Promise<number> {
      const overdue = await takeUnsent(database, before(ages.messageMs), MOST_AT_ONCE);
      return each(overdue, (orderId) => sendMessages({ orderId, limits: LIMITS }));
    },

    /** Asks the carriers about parcels of which nothing was heard. Returns how many scans that brought to light. */
    async trackOverdueParcels(): Promise<number> {
      const parcels = await takeUnheard(database, before(ages.scanMs), MOST_AT_ONCE);
      let heard = 0;
      await each(parcels, async ({ id, orderId, leg, warehouse, carrier, status }) => {
        const port = carriers.find((candidate) => candidate.carrier === carrier);
        const scan = await port?.track(idempotencyKey(orderId, steps.book(warehouse, leg)));
        if (scan === undefined || scan === 'none' || scan === status) return;
        await workflows.signalScan(orderId, { shipmentId: id, status: scan });
        heard += 1;
      });
      return heard;
    },

    /**
     * Wakes the back-ordered orders for which there is stock, oldest first: it was released by another order, or its
     * arrival could not be announced. Returns how many.
     */
    async wakeBackordered(): Promise<number> {
      return each(await ordersToWake(database), async (orderId) => {
        await workflows.signalStockArrived(orderId);
        await markWoken(database, orderId);
      });
    },
  };
}

/** A stopped run stays listed after its order was taken up, so all are looked at, a batch at a time. */
export async function* inBatches(ids: AsyncIterable<string>): AsyncIterable<string[]> {
  let batch: string[] = [];
  for await (const id of ids) {
    batch.push(id);
    if (batch.length < MOST_AT_ONCE) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** Does `task` for each item and returns how many there were; one that fails is left for the next sweep. */
export async function each<T>(items: readonly T[], task: (item: T) => Promise<void>): Promise<number> {
  for (const item of items) {
    try {
      await task(item);
    } catch (error) {
      log.warn('left for the next sweep', { item, error: error instanceof Error ? error.message : String(error) });
    }
  }
  return items.length;
}

async function readOrders(
  database: Database,
  where: NonNullable<Parameters<Database['order']['findMany']>[0]>['where'] & object,
): Promise<StoppedOrder[]> {
  const orders = await database.order.findMany({
    where,
    include: { lines: { orderBy: { position: 'asc' } }, stuck: { select: { occurrence: true } } },
    orderBy: { id: 'asc' },
    take: MOST_AT_ONCE,
  });
  return orders.map(({ id, country, grand, currency, lines, fulfilment, backorderUntil, stuck }) => ({
    id,
    country,
    grand: money(Number(grand), currency),
    lines: lines.map(({ sku, quantity }) => ({ sku, quantity })),
    shipAvailable: fulfilment === 'ship_available',
    backorder: backorderUntil !== null,
    occurrences: Math.max(0, ...stuck.map(({ occurrence }) => occurrence)),
  }));
}

/** What the sweep's workflow may call. */
export type SweepActivities = ReturnType<typeof createSweepActivities>;
