import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { ensureDatabase, startPostgres, type RunningPostgres } from '../../infra/stack/postgres';
import { freePort } from './ports';

declare global {
  var testPostgres: RunningPostgres | undefined;
}

/** Boots one PostgreSQL for the whole test run and migrates the database that every test's own is copied from. */
export default async function globalSetup(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'consign-test-'));
  chmodSync(folder, 0o755);
  const server = await startPostgres({
    dataDir: path.join(folder, 'postgres'),
    port: await freePort(),
    logFile: path.join(folder, 'log', 'postgres.log'),
    settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' },
  });
  globalThis.testPostgres = server;
  await ensureDatabase(server, 'consign_template');
  const env = { ...process.env, DATABASE_URL: server.url('consign_template') };
  await promisify(execFile)(process.execPath, ['--import', 'tsx', 'infra/stack/migrate.ts'], { env });
  process.env['TEST_POSTGRES_URL'] = server.url('postgres');
}
