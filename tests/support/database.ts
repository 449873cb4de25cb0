import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { openDatabase, type Database } from '../../infra/database/client';
import { sharedPart } from './stack-tier';

/** A database of a test's own, with the migrations applied and nothing in it. */
export interface TestDatabase {
  url: string;
  database: Database;
  /** Closes the pool and drops the database. */
  drop(): Promise<void>;
}

/** Makes a database on the PostgreSQL of the run. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = await sharedPart('postgres');
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
