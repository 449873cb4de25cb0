import type { OrderStatus } from '../../domain/order-status';
import type { Database } from '../../infra/database/client';
import type { Logger } from '../../infra/logger';

/** An order as last seen: its status and the id of the newest entry of its timeline. */
export interface OrderSighting {
  id: string;
  status: OrderStatus;
  lastEntry: bigint;
}

interface WaitOptions {
  timeoutMs: number;
  /** Ends the wait early, for a client that has gone. */
  signal: AbortSignal;
}

/** Watches orders for all who wait in this process, by one query at a time for all of them. */
export interface OrderWatcher {
  /** Resolves once a sighting of the order satisfies the condition; undefined when time is up or the wait was ended. */
  until(
    orderId: string,
    condition: (sighting: OrderSighting) => boolean,
    options: WaitOptions,
  ): Promise<OrderSighting | undefined>;
  /** Whether so many wait that no more should. */
  readonly full: boolean;
  /** Aborted once the watcher has stopped. */
  readonly stopped: AbortSignal;
  /** Ends every wait. */
  stop(): void;
}

interface Waiter {
  orderId: string;
  notice(sighting: OrderSighting): void;
  end(): void;
}

/** A watcher rests for at least so many times as long as it takes to ask, so that many who wait don't starve the others. */
const REST = 3;

/** A watcher that asks the database each `intervalMs` while somebody waits, less often if asking takes long. */
export function createOrderWatcher(
  database: Database,
  logger: Logger,
  { intervalMs = 10, maxWaiters = 2000 } = {},
): OrderWatcher {
  const waiters = new Set<Waiter>();
  const stopping = new AbortController();
  let polling = false;

  const poll = async (): Promise<void> => {
    const ids = [...new Set([...waiters].map(({ orderId }) => orderId))];
    const seen = new Map((await sightings(database, ids)).map((each) => [each.id, each]));
    for (const waiter of waiters) {
      const sighting = seen.get(waiter.orderId);
      if (sighting) waiter.notice(sighting);
    }
  };
  const pollWhileWaitedFor = async (): Promise<void> => {
    if (polling) return;
    polling = true;
    while (waiters.size > 0) {
      const began = performance.now();
      await poll().catch((error: unknown) => logger.warn({ err: error }, 'could not look after the watched orders'));
      await new Promise((resolve) => setTimeout(resolve, Math.max(intervalMs, REST * (performance.now() - began))));
    }
    polling = false;
  };

  return {
    until: (orderId, condition, { timeoutMs, signal }) =>
      new Promise((resolve) => {
        const finish = (sighting?: OrderSighting) => {
          waiters.delete(waiter);
          clearTimeout(timer);
          signal.removeEventListener('abort', end);
          resolve(sighting);
        };
        const end = () => finish();
        const waiter: Waiter = { orderId, notice: (sighting) => condition(sighting) && finish(sighting), end };
        const timer = setTimeout(end, timeoutMs);
        signal.addEventListener('abort', end);
        waiters.add(waiter);
        if (signal.aborted || stopping.signal.aborted) end();
        else void pollWhileWaitedFor();
      }),
    get full() {
      return waiters.size >= maxWaiters;
    },
    stopped: stopping.signal,
    stop: () => {
      stopping.abort();
      for (const waiter of waiters) waiter.end();
    },
  };
}

/** A bigint comes as text. */
type SightingRow = Omit<OrderSighting, 'lastEntry'> & { lastEntry: string };

async function sightings(database: Database, ids: string[]): Promise<OrderSighting[]> {
  const rows = await database.sql.query<SightingRow>`
    SELECT o.id, o.status,
      coalesce((SELECT max(t.id) FROM orders.timeline_entry t WHERE t.order_id = o.id), 0) AS "lastEntry"
    FROM orders.orders o
    WHERE o.id = ANY(${ids})`;
  return rows.map((row) => ({ ...row, lastEntry: BigInt(row.lastEntry) }));
}
