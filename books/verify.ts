import { Client } from 'pg';
import type { Check } from './checks/check';
import { moneyChecks } from './checks/money';
import { partyChecks } from './checks/parties';
import { returnChecks } from './checks/returns';
import { sagaChecks } from './checks/saga';
import { stockChecks } from './checks/stock';

/** All that `npm run verify-books` checks. */
export const checks: readonly Check[] = [
  ...moneyChecks,
  ...stockChecks,
  ...returnChecks,
  ...sagaChecks,
  ...partyChecks,
];

/** Something in the books that breaks a rule. */
export interface Violation {
  check: string;
  rule: string;
  /** The order's id, with a step, parcel or sku if that helps; or a sku and warehouse. */
  subject: string;
  expected: string;
  found: string;
}

export interface BooksReport {
  violations: Violation[];
  /** Steps that a person wrote off, as `<orderId> <step>`: the one exception to the rules. */
  writeOffs: string[];
  /** What a write-off left reserved for nobody, until its shelf is counted. */
  reservedForNobody: UnitsInPlace[];
  orders: number;
  steps: number;
  /** Units of stock, on the shelves and in parcels. */
  units: number;
}

/** Units of a sku in a warehouse. */
export interface UnitsInPlace {
  orderId: string;
  sku: string;
  warehouse: string;
  units: number;
}

/**
 * Checks the books of a database, which may be in use: everything is read from one snapshot, and an order in flight is
 * checked only for what holds at every commit. Writes nothing. Throws if the books cannot be read.
 */
export async function verifyBooks(connectionString: string): Promise<BooksReport> {
  const client = new Client({
    connectionString,
    application_name: 'verify-books',
    connectionTimeoutMillis: 10_000,
  });
  await client.connect();
  try {
    await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const report = await checkBooks(client);
    await client.query('COMMIT');
    return report;
  } finally {
    await client.end();
  }
}

/** Checks the books as the transaction of `client` sees them, which must see one snapshot. */
export async function checkBooks(client: Client): Promise<BooksReport> {
  const violations: Violation[] = [];
  for (const { name, rule, sql } of checks) {
    const { rows } = await client.query<Omit<Violation, 'check' | 'rule'>>(`${sql} ORDER BY 1`);
    violations.push(...rows.map((row) => ({ check: name, rule, ...row })));
  }
  const [writeOffs, reservedForNobody] = [await readWriteOffs(client), await readReservedForNobody(client)];
  return { violations, writeOffs, reservedForNobody, ...(await count(client)) };
}

async function readWriteOffs(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ step: string }>(
    `SELECT order_id || ' ' || step AS step FROM orders.saga_step WHERE state = 'skipped' ORDER BY 1`,
  );
  return rows.map(({ step }) => step);
}

async function readReservedForNobody(client: Client): Promise<UnitsInPlace[]> {
  const { rows } = await client.query<UnitsInPlace>(`
    SELECT r.order_id AS "orderId", r.sku, r.warehouse, r.held AS units
    FROM inventory.reservation r JOIN orders.saga_step s ON s.order_id = r.order_id AND s.state = 'skipped'
      AND s.kind = 'reserve-stock' AND s.leg = r.leg
    WHERE r.held > 0 ORDER BY 1, 2, 3`);
  return rows;
}

async function count(client: Client): Promise<Pick<BooksReport, 'orders' | 'steps' | 'units'>> {
  const { rows } = await client.query<{ orders: string; steps: string; units: string }>(`
    SELECT (SELECT count(*) FROM orders.orders) AS orders, (SELECT count(*) FROM orders.saga_step) AS steps,
      (SELECT coalesce(sum(on_hand), 0) FROM inventory.stock_level)
        - (SELECT coalesce(sum(change), 0) FROM inventory.stock_movement WHERE kind <> 'adjustment') AS units`);
  return { orders: Number(rows[0]?.orders), steps: Number(rows[0]?.steps), units: Number(rows[0]?.units) };
}
