import { Client } from 'pg';
import { verifyBooks, type BooksReport } from '../books/verify';
import type { Cell } from './rounds';

/** What is checked at the end of a run. */
export interface Finished {
  cells: readonly Cell[];
  /** The ids of the orders that the API accepted. */
  accepted: ReadonlySet<string>;
  /** The product's database and that of the transactions alone. */
  urls: { product: string; transactions: string };
}

/** The books of both databases, and every reason why the run's figures are worth nothing. */
export async function check({ cells, accepted, urls }: Finished) {
  const [product, transactions] = await Promise.all([verifyBooks(urls.product), verifyBooks(urls.transactions)]);
  const problems = [
    ...failuresIn(cells),
    ...(await missing(urls.product, [...accepted])),
    ...(await unfinished(urls.product, 'delivered')),
    ...(await unfinished(urls.transactions, 'shipped')),
    ...violationsIn('the product', product),
    ...violationsIn('the transactions alone', transactions),
  ];
  return { books: { product, transactions }, problems };
}

function failuresIn(cells: readonly Cell[]): string[] {
  return cells.flatMap(({ contender, concurrency, round, failures, counted }) => {
    const where = `(${contender}) at concurrency ${concurrency} in round ${round}`;
    if (failures.length > 0) return [`${failures.length} failed of ${where}: ${failures[0] ?? ''}`];
    return counted === 0 ? [`none ended within the time measured of ${where}`] : [];
  });
}

async function missing(url: string, accepted: string[]): Promise<string[]> {
  const rows = await read<{ id: string }>(
    url,
    'SELECT id FROM unnest($1::text[]) AS a(id) WHERE NOT EXISTS (SELECT FROM orders.orders o WHERE o.id = a.id)',
    [accepted],
  );
  return rows.length === 0 ? [] : [`${rows.length} accepted orders are lost, ${rows[0]?.id ?? ''} for one`];
}

async function unfinished(url: string, status: string): Promise<string[]> {
  const rows = await read<{ id: string; status: string }>(
    url,
    'SELECT id, status FROM orders.orders WHERE status <> $1 ORDER BY id',
    [status],
  );
  const [first] = rows;
  return first ? [`${rows.length} orders are not ${status}, ${first.id} is ${first.status}`] : [];
}

const violationsIn = (whose: string, { violations }: BooksReport): string[] =>
  violations.map(
    ({ rule, subject, expected, found }) =>
      `the books of ${whose}: ${subject}: expected ${expected}, found ${found} (${rule})`,
  );

async function read<Row extends object>(url: string, sql: string, values: unknown[]): Promise<Row[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(sql, values)).rows;
  } finally {
    await client.end();
  }
}
