import type { Database } from '../../infra/database/client';
import { Prisma } from '../../infra/database/generated/client';
import { conditionsOf, RECORD, type OrderFilter } from './find';
import type { OrderRecord } from './resource';

/** A place in the feed of changed orders: just after the order with this position and id. */
export interface FeedPlace {
  /** The number of the transaction that changed the order last. */
  position: bigint;
  id: string;
}

/** Orders in the order of their last change, and where the next read begins. */
export interface FeedPage {
  orders: OrderRecord[];
  next: FeedPlace;
}

/**
 * Reads the feed of changed orders from a place on, or from its beginning, at most `limit`. An order stands in it once,
 * at its last change. Nothing is skipped, however late a transaction commits: the feed ends below the oldest transaction
 * that is open, and is read from there the next time. Returns undefined if the place lies beyond the end, as after a
 * restore of the database.
 */
export async function readFeed(
  database: Database,
  filter: OrderFilter,
  limit: number,
  from: FeedPlace | undefined,
): Promise<FeedPage | undefined> {
  const end = await endOfFeed(database);
  if (from && from.position > end) return undefined;
  const parts = [...conditionsOf(filter), Prisma.sql`o.feed_position < ${String(end)}::xid8`];
  if (from) parts.push(Prisma.sql`(o.feed_position, o.id) > (${String(from.position)}::xid8, ${from.id})`);
  const rows = await database.$queryRaw<(OrderRecord & { position: string })[]>`
    SELECT ${RECORD}, o.feed_position::text AS position FROM orders.orders o
    WHERE ${Prisma.join(parts, ' AND ')} ORDER BY o.feed_position, o.id LIMIT ${limit}`;
  const last = rows.length === limit ? rows.at(-1) : undefined;
  return { orders: rows, next: last ? { position: BigInt(last.position), id: last.id } : { position: end, id: '' } };
}

/**
 * The oldest transaction that is open, and so the first position at which an order may still appear. It is read before
 * the orders: what has a lower position is committed then, and seen.
 */
async function endOfFeed(database: Database): Promise<bigint> {
  const [row] = await database.sql.query<{ end: string }>`SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS end`;
  return BigInt(row?.end ?? 0);
}
