import type { SandboxControl, SandboxFault, SandboxLedger } from '../../contracts/http/sandbox';
import type { Database } from '../../infra/database/client';

interface EffectRow {
  party: string;
  key: string;
  operation: string;
  details: Record<string, unknown>;
  at: Date;
}

/** The sandbox as the API's admin sees it: its script of faults and the parties' own books. */
export const createSandboxControl = (database: Database): SandboxControl => ({
  replaceFaults: (faults) => replaceFaults(database, faults),
  ledger: async (orderId) => {
    const [effects, stock] = await Promise.all([effectsOf(database, orderId), stockOf(database, orderId)]);
    const entries = <T>(isParty: (party: string) => boolean): T[] =>
      effects.filter(({ party }) => isParty(party)).map((effect) => entryOf(effect) as T);
    return {
      payments: entries((party) => party === 'payment'),
      stock,
      packs: entries((party) => party === 'warehouse'),
      labels: entries((party) => party.startsWith('shipping/')),
      messages: entries((party) => party === 'notification'),
    };
  },
});

/**
 * The lock makes the counting of strikes and other replacements wait; a statement that only looks for a fault meets
 * either the old list or the new one.
 */
async function replaceFaults(database: Database, faults: SandboxFault[]): Promise<void> {
  const rows = faults.map(({ port, operation, match, kind, times = null, delayMs = null }) => ({
    port,
    operation,
    match: Object.fromEntries(Object.entries(match).filter(([, value]) => value !== undefined)),
    kind,
    delayMs,
    times,
    remaining: times,
  }));
  await database.$transaction([
    database.$executeRaw`LOCK TABLE sandbox.fault IN SHARE ROW EXCLUSIVE MODE`,
    database.sandboxFault.deleteMany(),
    database.sandboxFault.createMany({ data: rows }),
    database.sandboxScript.update({ where: { id: 1 }, data: { generation: { increment: 1 } } }),
  ]);
}

const effectsOf = (database: Database, orderId: string): Promise<EffectRow[]> =>
  database.sql.query<EffectRow>`
    SELECT party, key, operation, details, at FROM sandbox.effect WHERE order_id = ${orderId} ORDER BY id`;

const entryOf = ({ key, operation, details, at }: EffectRow): Record<string, unknown> => ({
  key,
  operation,
  ...details,
  at: at.toISOString(),
});

/**
 * What the warehouse counts on its shelves: the goods received, less what it packed, plus what it put back, by its own
 * books and not by ours, so that a pack which our books missed or doubled shows as a difference. The goods received are
 * the adjustments and the restocked returns in our books, for they are made there only; what is reserved is known to us
 * alone.
 */
const stockOf = (database: Database, orderId: string): Promise<SandboxLedger['stock']> =>
  database.$queryRaw<SandboxLedger['stock']>`
    WITH shelf AS (
      SELECT sku, warehouse, reserved FROM inventory.stock_level
      WHERE sku IN (SELECT sku FROM orders.order_line WHERE order_id = ${orderId})
    ), received AS (
      SELECT sku, warehouse, sum(change) AS units FROM inventory.stock_movement
      WHERE kind IN ('adjustment', 'return') AND sku IN (SELECT sku FROM shelf) GROUP BY sku, warehouse
    ), moved AS (
      SELECT line->>'sku' AS sku, details->>'warehouse' AS warehouse,
        sum(CASE operation WHEN 'pack' THEN -1 ELSE 1 END * (line->>'quantity')::int) AS units
      FROM sandbox.effect, jsonb_array_elements(details->'lines') AS line
      WHERE party = 'warehouse' GROUP BY 1, 2
    )
    SELECT sku, warehouse, (coalesce(received.units, 0) + coalesce(moved.units, 0))::int AS "onHand", reserved
    FROM shelf LEFT JOIN received USING (sku, warehouse) LEFT JOIN moved USING (sku, warehouse)
    ORDER BY sku, warehouse`;
