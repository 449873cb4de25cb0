import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { openDatabase, type Database } from '../../infra/database/client';

/** A database of a test's own, with the migrations applied and nothing in it. */
export interface TestDatabase {
  url: string;
  database: Database;
  /** Closes the pool and drops the database. */
  drop(): Promise<void>;
}

/** Makes a database on the PostgreSQL that the global set-up booted; fails where there is none. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = process.env['TEST_POSTGRES_URL'];
  if (server === undefined) throw new Error('the test PostgreSQL is not running: run the tests with npm test');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await onServer(server, `CREATE DATABASE ${name} TEMPLATE consign_template`);
  const url = server.replace(/[^/]*$/, name);
  const database = openDatabase(url);
  return {
    url,
    database,
    drop: async () => {
      await database.$disconnect();
      await onServer(server, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

/** Copying the template fails while another test copies it, so copies take turns by an advisory lock. */
async function onServer(connectionString: string, statement: string): Promise<void> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock(1)');
    await client.query(statement);
  } finally {
    await client.end();
  }
}
