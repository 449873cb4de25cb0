import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { ensureDatabase, startPostgres } from '../../infra/stack/postgres';
import { temporalCli, temporalTestServer } from '../../infra/stack/temporal-binary';
import { startGuard, type Guard } from './guard';
import { freePort } from './ports';

declare global {
  var testGuard: Guard | undefined;
}

/**
 * Boots one PostgreSQL for the whole test run, migrates the database that every test's own is copied from, and finds
 * the Temporal binaries: `TEST_POSTGRES_URL`, `TEMPORAL_CLI_PATH`, `TEMPORAL_TEST_SERVER_PATH`.
 */
export default async function globalSetup(): Promise<void> {
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const [server, cli, testServer] = await Promise.all([bootPostgres(), temporalCli(say), temporalTestServer(say)]);
  process.env['TEST_POSTGRES_URL'] = server;
  process.env['TEMPORAL_CLI_PATH'] = cli;
  process.env['TEMPORAL_TEST_SERVER_PATH'] = testServer;
}

async function bootPostgres(): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), 'consign-test-'));
  const dataDir = path.join(folder, 'postgres');
  globalThis.testGuard = startGuard(folder, dataDir);
  chmodSync(folder, 0o755);
  const server = await startPostgres({
    dataDir,
    port: await freePort(),
    logFile: path.join(folder, 'log', 'postgres.log'),
    settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' },
  });
  await ensureDatabase(server, 'consign_template');
  const env = { ...process.env, DATABASE_URL: server.url('consign_template') };
  await promisify(execFile)(process.execPath, ['--import', 'tsx', 'infra/stack/migrate.ts'], { env });
  return server.url('postgres');
}
