import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { startPostgres } from '../../infra/stack/postgres';
import { ensureDatabase } from '../../infra/stack/postgres-roles';
import { startTemporal } from '../../infra/stack/temporal';
import { temporalCli } from '../../infra/stack/temporal-binary';
import { POSTGRES_FOLDER, type Guard } from './guard';
import { freePort } from './ports';

/** Boots PostgreSQL and migrates the database that every test's own is copied from. Returns the server's URL. */
export async function bootPostgres(folder: string): Promise<string> {
  const server = await startPostgres({
    dataDir: path.join(folder, POSTGRES_FOLDER),
    passwordFolder: folder,
    port: await freePort(),
    logFile: path.join(folder, 'log', 'postgres.log'),
    settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' },
  });
  await ensureDatabase(server, 'consign_template');
  const env = { ...process.env, DATABASE_URL: server.url('consign_template') };
  await promisify(execFile)(process.execPath, ['--import', 'tsx', 'infra/stack/migrate.ts'], { env });
  return server.url('postgres');
}

/** Boots the development server as `npm start` does. Returns its address; each test file makes a namespace of its own. */
export async function bootTemporal(folder: string, guard: Guard): Promise<string> {
  const dataDir = path.join(folder, 'temporal');
  mkdirSync(dataDir);
  const port = await freePort();
  await startTemporal({
    ...{ binary: await temporalCli(), dataDir, port, uiPort: await freePort(), namespace: 'default' },
    ...{ logFile: path.join(dataDir, 'temporal.log'), detached: false, onStart: guard.alsoKill },
  });
  return `127.0.0.1:${port}`;
}

/** Bundles the product's workflows. Returns the path of the bundle. */
export async function bundleWorkflows(folder: string): Promise<string> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: require.resolve('../../workflows/index.ts'),
    logger: new DefaultLogger('WARN'),
  });
  const file = path.join(folder, 'workflows.js');
  writeFileSync(file, code);
  return file;
}
