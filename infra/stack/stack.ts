import type { Config } from '../config';
import { temporalEndpoint } from '../temporal/connection';
import { prepareBooks } from './books';
import { logFileOf } from './data-folder';
import type { RunningPart } from './part';
import { ensureDatabase, startPostgres } from './postgres';
import { startService, type Service } from './service';
import { supervise, type Supervised } from './supervise';
import { startTemporal } from './temporal';
import { temporalCli } from './temporal-binary';
import { prepareNamespace } from './temporal-namespace';

/** The parts, each before what it needs. */
export const STOP_ORDER = ['api', 'worker', 'temporal', 'postgres'] as const;

export type PartName = (typeof STOP_ORDER)[number];

export interface StackOptions {
  config: Config;
  env: NodeJS.ProcessEnv;
  services: Service[];
  /** Told of each process, as soon as it is there. */
  onStart(part: PartName, pid: number): void;
  /** Takes a line for each step of the start. */
  progress(line: string): void;
  /** Takes a line for each thing that happens to the running stack. */
  notice(line: string): void;
  /** Ends the start early. */
  signal: AbortSignal;
  /** Ends every part at once, whatever is under way. */
  hurry: AbortSignal;
}

/** A running stack. */
export interface Stack {
  /** Drains every part and stops it, those first that need others. */
  stop(progress: (line: string) => void): Promise<void>;
}

/** Boots what the configuration wants; where one part doesn't come up, stops the others and throws why. */
export async function bootStack(options: StackOptions): Promise<Stack> {
  const parts = new Map<PartName, Supervised>();
  const failed = new AbortController();
  const boot: Boot = { ...options, parts, signal: AbortSignal.any([options.signal, failed.signal]) };
  const stop = async (progress: (line: string) => void) => {
    for (const name of STOP_ORDER) {
      const part = parts.get(name);
      if (part) progress(`  … stopping ${part.name}`);
      await part?.stop();
    }
  };
  options.hurry.addEventListener('abort', () => parts.forEach((part) => part.kill()), { once: true });
  const together = async (steps: Promise<void>[]) => {
    const failing = steps.map((step) => step.catch((error: unknown) => failed.abort(error)));
    await Promise.all(failing);
    boot.signal.throwIfAborted();
  };
  try {
    await together([bootDatabase(boot), bootTemporal(boot)]);
    await together(options.services.map((service) => bootService(boot, service)));
  } catch (error) {
    await stop(() => undefined);
    throw error;
  }
  return { stop };
}

interface Boot extends StackOptions {
  parts: Map<PartName, Supervised>;
}

async function bootDatabase(boot: Boot): Promise<void> {
  const { config, signal } = boot;
  const { external, port, url } = config.database;
  if (!external) {
    await bootPart(boot, 'postgres', 'PostgreSQL', `127.0.0.1:${port}`, async (how) => {
      const server = await startPostgres({ dataDir: `${config.dataDir}/postgres`, port, detached: true, ...how });
      await ensureDatabase(server, 'consign');
      return server;
    });
  }
  await timed(boot, async () => {
    const { migrations, products } = await prepareBooks(url, external ? 'DATABASE_URL' : 'the books', signal);
    const done = [
      migrations.length > 0 ? `migrated (${migrations.length} applied)` : 'migrated already',
      products > 0 ? `${products} sample products added` : 'the catalogue stays as it is',
    ];
    return `the books: ${done.join(', ')}`;
  });
}

async function bootTemporal(boot: Boot): Promise<void> {
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
    const added = await prepareNamespace(config, (line) => progress(`  ! ${line}`), signal);
    return `Temporal's namespace: ${added.length > 0 ? `search attributes ${added.join(', ')} added` : 'as it should be'}`;
  });
}

const bootService = (boot: Boot, service: Service): Promise<void> =>
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
    const plan = { name, start: (signal: AbortSignal) => start({ ...how, signal }) };
    boot.parts.set(part, await supervise(plan, boot.notice, boot.signal));
    return where === '' ? name : `${name} on ${where}`;
  });
}

async function timed({ progress }: Boot, step: () => Promise<string>): Promise<void> {
  const startedMs = performance.now();
  const done = await step();
  progress(`  ✓ ${done} (${((performance.now() - startedMs) / 1000).toFixed(1)} s)`);
}
