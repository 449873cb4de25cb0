import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient, type Prisma } from './generated/client';

/** A connection pool to the books. */
export type Database = PrismaClient;

/** One transaction on the books. */
export type Transaction = Prisma.TransactionClient;

export interface DatabaseOptions {
  /** The most connections the pool opens. */
  maxConnections?: number;
  /** Names the connections in `pg_stat_activity`. */
  name?: string;
}

/**
 * Opens a pool to the PostgreSQL of `connectionString`. Connections are made when they are first needed. A transaction
 * waits at most 10 s for a connection and lasts at most 20 s.
 */
export function openDatabase(
  connectionString: string,
  { maxConnections = 10, name = 'consign' }: DatabaseOptions = {},
): Database {
  const adapter = new PrismaPg({
    connectionString,
    max: maxConnections,
    application_name: name,
    connectionTimeoutMillis: 10_000,
  });
  return new PrismaClient({ adapter, transactionOptions: { maxWait: 10_000, timeout: 20_000 } });
}
