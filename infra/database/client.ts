import { PrismaPg } from '@prisma/adapter-pg';
import { Pool } from 'pg';
import { PrismaClient, type Prisma } from './generated/client';
import { sqlOver, type SqlDatabase } from './sql';

/** The books: Prisma's client, and beside it plain statements for where each millisecond counts. */
export type Database = PrismaClient & { sql: SqlDatabase };

/** A transaction of Prisma's. */
export type PrismaTransaction = Prisma.TransactionClient;

export type { Queryable, Transaction } from './sql';

export interface DatabaseOptions {
  /** The most connections the pool opens. */
  maxConnections?: number;
  /** Names the connections in `pg_stat_activity`. */
  name?: string;
}

/**
 * Opens a pool to the PostgreSQL of `connectionString`, which Prisma and plain statements share. Connections are made
 * when they are first needed. A query waits at most 10 s for a connection, and a statement or transaction lasts at most
 * 20 s. `$disconnect` closes the pool.
 */
export function openDatabase(
  connectionString: string,
  { maxConnections = 10, name = 'consign' }: DatabaseOptions = {},
): Database {
  const pool = new Pool({
    connectionString,
    max: maxConnections,
    application_name: name,
    connectionTimeoutMillis: 10_000,
    statement_timeout: 20_000,
  });
  // A connection that breaks while it is idle is replaced when one is next needed.
  pool.on('error', () => undefined);
  const client = new PrismaClient({
    adapter: new PrismaPg(pool, { disposeExternalPool: true }),
    // Its other formats quote the arguments of a call.
    errorFormat: 'minimal',
    transactionOptions: { maxWait: 10_000, timeout: 20_000 },
  });
  return Object.assign(client, { sql: sqlOver(pool) });
}
