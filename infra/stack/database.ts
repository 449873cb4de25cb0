import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { Client, DatabaseError } from 'pg';
import { seed } from '../../prisma/seed';
import { openDatabase } from '../database/client';
import { ROOT } from './paths';
import { messageOf, StackError } from './stack-error';

/** What was done to a database. */
export interface BooksPrepared {
  /** The names of the migrations that were applied. */
  migrations: string[];
  /** How many sample products were added. */
  products: number;
}

/**
 * Brings a database to this version and fills an empty catalogue with the samples. Throws a {@link StackError} if it
 * cannot be reached or a migration fails.
 *
 * @param name - how the database is called in such an error
 */
export async function prepareBooks(url: string, name: string, signal: AbortSignal): Promise<BooksPrepared> {
  const migrations = await missingMigrations(url, name);
  if (migrations.length > 0) await migrateApart(url, signal);
  return { migrations, products: await seedWhereEmpty(url) };
}

/** Looks before it runs the migrations, which costs seconds if nothing is to be done. */
async function missingMigrations(url: string, name: string): Promise<string[]> {
  const all = readdirSync(path.join(ROOT, 'prisma', 'migrations'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  return withClient(url, name, async (client) => {
    const { rows: tables } = await client.query(`SELECT to_regclass('_prisma_migrations') AS id`);
    if (!(tables as { id: string | null }[])[0]?.id) return all;
    const { rows } = await client.query(
      'SELECT migration_name FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL',
    );
    const applied = new Set((rows as { migration_name: string }[]).map((row) => row.migration_name));
    return all.filter((migration) => !applied.has(migration));
  });
}

/** In a process of its own: Prisma's engine keeps a timer that would keep this one waiting. */
async function migrateApart(url: string, signal: AbortSignal): Promise<void> {
  const env = { ...process.env, DATABASE_URL: url };
  try {
    await promisify(execFile)(process.execPath, ['--import', 'tsx', 'infra/stack/migrate.ts'], {
      cwd: ROOT,
      env,
      signal,
    });
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    const said = stderr?.split('\n').filter((line) => line.trim() !== '' && !/^\s+(at|\d+:) /.test(line));
    throw new StackError(said?.join(' ') || messageOf(error), { cause: error });
  }
}

async function seedWhereEmpty(url: string): Promise<number> {
  const filled = await withClient(url, 'the database', async (client) => {
    const { rowCount } = await client.query('SELECT FROM catalogue.product LIMIT 1');
    return rowCount === 1;
  });
  if (filled) return 0;
  const database = openDatabase(url, { maxConnections: 1, name: 'seed' });
  try {
    return await seed(database);
  } finally {
    await database.$disconnect();
  }
}

/** The driver takes anything for a connection string, and looks for a host of that name. */
function assertUrl(url: string, name: string): void {
  if (/^postgres(ql)?:\/\//.test(url)) return;
  throw new StackError(`${name} must look like postgresql://user:password@host:5432/database`);
}

async function withClient<T>(url: string, name: string, use: (client: Client) => Promise<T>): Promise<T> {
  assertUrl(url, name);
  let client: Client;
  try {
    client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
    await client.connect();
  } catch (error) {
    const reason = error instanceof DatabaseError ? error.message : `it cannot be reached: ${messageOf(error)}`;
    throw new StackError(`${name}: ${reason}; see that the address, the database and the password are right`, {
      cause: error,
    });
  }
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
