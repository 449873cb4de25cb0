import { once } from 'node:events';
import type { Config } from '../config';
import { databaseUrl } from '../database/address';
import { temporalEndpoint } from '../temporal/connection';
import { prepareBooks } from './database';
import { logFileOf } from './data-folder';
import { orFullDisk } from './disk-space';
import type { RunningPart } from './part';
import { startPostgres } from './postgres';
import { prepareRoles } from './postgres-roles';
import { startService, type Service } from './service';
import { supervise, type Supervised } from './supervise';
import { startTemporal } from './temporal';
import { temporalCli } from './temporal-binary';
import { prepareNamespace } from './temporal-namespace';

/** A process of the stack, by the name of its log. */
export type PartName = Service['part'] | 'temporal' | 'postgres';

/** A start of the stack that is under way. */
export interface Boot {
  config: Config;
  env: NodeJS.ProcessEnv;
  /** The parts that are up. */
  parts: Map<PartName, Supervised>;
  onStart(part: PartName, pid: number): void;
  progress(line: string): void;
  notice(line: string): void;
  signal: AbortSignal;
}

/** Boots PostgreSQL, unless there is one of the user's own, and brings the books to this version. */
export async function bootDatabase(boot: Boot): Promise<void> {
  const { config, signal } = boot;
  const { port, url } = config.database;
  if (url === undefined) {
    const where = { dataDir: `${config.dataDir}/postgres`, passwordFolder: config.dataDir, port };
    await bootPart(boot, 'postgres', 'PostgreSQL', `127.0.0.1:${port}`, async (how) => {
      const server = await startPostgres({ ...where, detached: true, ...how });
      await orStopped(server, prepareRoles(server, server.passwords, config.dataDir));
      return server;
    });
  }
  await timed(boot, async () => {
    const name = url === undefined ? 'the books' : 'DATABASE_URL';
    const { migrations, products } = await prepareBooks(databaseUrl(config, 'owner'), name, signal);
    const done = [
      migrations.length > 0 ? `migrated (${migrations.length} applied)` : 'migrated already',
      products > 0 ? `${products} sample products added` : 'the catalogue stays as it is',
    ];
    return `the books: ${done.join(', ')}`;
  });
}

/** Boots Temporal, unless there is one of the user's own, and makes its namespace ready for orders. */
export async function bootTemporal(boot: Boot): Promise<void> {
  const { config, progress, signal } = boot;
  const { external, address, port, uiPort } = config.temporal;
  if (!external) {
    const binary = await temporalCli((line) => progress(`  … ${line}`), signal);
    const { namespace } = temporalEndpoint(config);
    const options = { binary, dataDir: config.dataDir, port, uiPort, namespace, detached: true };
    await bootPart(boot, 'temporal', 'Temporal', `${address}, its UI on 127.0.0.1:${uiPort}`, (how) =>
      startTemporal({ ...options, ...how }),
    );
  }
  await timed(boot, async () => {
    const added = await orAborted(
      signal,
      prepareNamespace(config, (line) => progress(`  ! ${line}`), signal),
    );
    return `Temporal's namespace: ${added.length > 0 ? `search attributes ${added.join(', ')} added` : 'as it should be'}`;
  });
}

/** Starts a process of Consign's own. */
export const bootService = (boot: Boot, service: Service): Promise<void> =>
  bootPart(boot, service.part, service.title, '', (how) => startService(service, { env: boot.env, ...how }));

interface StartOptions {
  logFile: string;
  signal: AbortSignal;
  onStart(pid: number): void;
}

async function bootPart(
  boot: Boot,
  part: PartName,
  name: string,
  where: string,
  start: (how: StartOptions) => Promise<RunningPart>,
): Promise<void> {
  const how = { logFile: logFileOf(boot.config.dataDir, part), onStart: (pid: number) => boot.onStart(part, pid) };
  await timed(boot, async () => {
    const orExplained = (error: unknown) => {
      throw orFullDisk(error, boot.config.dataDir, `${name} does not start`);
    };
    const plan = { name, start: (signal: AbortSignal) => start({ ...how, signal }).catch(orExplained) };
    boot.parts.set(part, await supervise(plan, boot.notice, boot.signal));
    return where === '' ? name : `${name} on ${where}`;
  });
}

/** For work with a part that nobody else can stop yet: it is stopped if the work fails. */
async function orStopped(part: RunningPart, work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    await part.stop();
    throw error;
  }
}

/** For work that cannot be ended early, and needs no tidying up. */
async function orAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const done = new AbortController();
  const aborted = once(signal, 'abort', { signal: done.signal }).then(() => {
    throw signal.reason;
  });
  try {
    signal.throwIfAborted();
    return await Promise.race([work, aborted]);
  } finally {
    work.catch(() => undefined);
    aborted.catch(() => undefined);
    done.abort();
  }
}

async function timed({ progress }: Boot, step: () => Promise<string>): Promise<void> {
  const startedMs = performance.now();
  const done = await step();
  progress(`  ✓ ${done} (${((performance.now() - startedMs) / 1000).toFixed(1)} s)`);
}
