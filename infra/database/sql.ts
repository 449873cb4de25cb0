import { type Pool, type PoolClient, type QueryResultRow } from 'pg';
import { Prisma } from './generated/client';

/** A statement or a part of one, with its values; made by `Prisma.sql`. */
export type Sql = Prisma.Sql;

/** Runs one statement, written as a template whose values are sent apart from it, and returns its rows. */
export interface Queryable {
  query<Row extends object = QueryResultRow>(text: TemplateStringsArray, ...values: unknown[]): Promise<Row[]>;
  /** The same for a statement that was made before. */
  run<Row extends object = QueryResultRow>(statement: Sql): Promise<Row[]>;
}

/** One transaction. */
export type Transaction = Queryable;

/**
 * Statements sent straight to PostgreSQL, prepared once a connection. The steps of a saga are these and not Prisma's
 * queries, because a query of Prisma's costs several times the CPU of its transaction.
 */
export interface SqlDatabase extends Queryable {
  /** Runs `run` in one transaction (READ COMMITTED), rolled back if it throws. */
  transaction<T>(run: (tx: Transaction) => Promise<T>): Promise<T>;
}

/** The most statements that a connection keeps prepared. */
const MOST_PREPARED = 500;

/** Statements over the connections of `pool`. */
export function sqlOver(pool: Pool): SqlDatabase {
  const nameOf = statementNames();
  const over = (client: Pool | PoolClient): Queryable => {
    const run = async <Row extends object>({ text, values }: Sql): Promise<Row[]> =>
      (await client.query<Row & QueryResultRow>({ name: nameOf(text), text, values })).rows;
    return { run, query: (strings, ...values) => run(Prisma.sql(strings, ...values)) };
  };
  return { ...over(pool), transaction: (run) => inTransaction(pool, (client) => run(over(client))) };
}

async function inTransaction<T>(pool: Pool, run: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken = false;
  const breaks = () => (broken = true);
  // The pool listens only while a connection is idle, and an error that nobody listens to ends the process.
  client.on('error', breaks);
  try {
    await client.query('BEGIN');
    const result = await run(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => (broken = true));
    throw error;
  } finally {
    client.off('error', breaks);
    client.release(broken);
  }
}

/** Names statements by their text, so that each connection prepares them once; past the limit they stay unnamed. */
function statementNames(): (text: string) => string {
  const names = new Map<string, string>();
  return (text) => {
    const known = names.get(text);
    if (known !== undefined) return known;
    if (names.size >= MOST_PREPARED) return '';
    const name = `consign_${names.size}`;
    names.set(text, name);
    return name;
  };
}
