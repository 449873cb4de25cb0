import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Client, DatabaseError } from 'pg';
import { DATABASE, databaseRoles } from '../database/address';
import { passwordFileOf, type DatabasePasswords } from '../database/passwords';
import type { RunningPostgres } from './postgres';
import { ROOT } from './paths';
import { messageOf, StackError } from './stack-error';

const INVALID_PASSWORD = '28P01';

/** Makes a database if it is missing. */
export async function ensureDatabase(server: RunningPostgres, name: string): Promise<void> {
  await withClient(server.url('postgres'), async (client) => {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  });
}

/**
 * Makes the database of the product and its roles, with their passwords; what an older version owned as the superuser
 * becomes the owner's. Throws a {@link StackError} if the server cannot be used.
 *
 * @param folder - keeps the passwords
 */
export async function prepareRoles(
  server: RunningPostgres,
  passwords: DatabasePasswords,
  folder: string,
): Promise<void> {
  try {
    await ensureDatabase(server, DATABASE);
    await withClient(server.url(DATABASE), async (client) => {
      await client.query(readFileSync(path.join(ROOT, 'infra/database/roles.sql'), 'utf8'));
      for (const role of ['owner', 'app'] as const) {
        await client.query(`ALTER ROLE ${databaseRoles[role]} PASSWORD ${client.escapeLiteral(passwords[role])}`);
      }
    });
  } catch (error) {
    const file = passwordFileOf(folder);
    const advice =
      error instanceof DatabaseError && error.code === INVALID_PASSWORD
        ? `${file} is of another database: remove it, and npm start gives this one new passwords`
        : 'if its folder is damaged, restore it from a backup or move it away to begin anew';
    throw new StackError(`PostgreSQL runs but cannot be used: ${messageOf(error)}; ${advice}`, { cause: error });
  }
}

async function withClient(connectionString: string, use: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({ connectionString, application_name: 'launcher', connectionTimeoutMillis: 10_000 });
  // A server that goes away between two statements is reported by the next of them.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await use(client);
  } finally {
    await client.end();
  }
}
