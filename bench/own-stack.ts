import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readConfig, type Config } from '../infra/config';

/** The whole of Consign as `npm start` starts it, with ports and a data folder of its own. */
export interface OwnStack {
  config: Config;
  /** The environment of other processes that belong to it. */
  env: NodeJS.ProcessEnv;
  folder: string;
  logOf(part: string): string;
  /** The process ids of its parts, by name. */
  parts(): Record<string, number>;
  /** Stops it as Ctrl-C does; removes its folder if nobody needs to look at its logs. */
  stop(keepFolder: boolean): Promise<void>;
}

const READY_MS = 120_000;

/** Settings of the user's own stack, which this one is not to use; the launcher makes do without them. */
const NOT_OURS = /^(TEMPORAL_|KAFKA_|PG|DATABASE_URL$|POLICY_FILE$|JWT_SECRET$|API_HOST$|SANDBOX$|LOG_LEVEL$)/;

/** Starts it with the product's defaults; resolves when it runs. Throws what it printed if it doesn't start. */
export async function startOwnStack(signal: AbortSignal): Promise<OwnStack> {
  const folder = mkdtempSync(path.join(tmpdir(), 'consign-bench-'));
  chmodSync(folder, 0o755);
  const [api, temporal, ui, postgres] = await freePorts();
  const dataDir = path.join(folder, 'data');
  const inherited = Object.entries(process.env).filter(([name]) => !NOT_OURS.test(name));
  const env: NodeJS.ProcessEnv = {
    ...Object.fromEntries(inherited),
    API_PORT: String(api),
    TEMPORAL_PORT: String(temporal),
    TEMPORAL_UI_PORT: String(ui),
    POSTGRES_PORT: String(postgres),
    DATA_DIR: dataDir,
    SANDBOX: 'on',
    // Tells the launcher to stop when we are gone, however that came.
    npm_lifecycle_event: 'bench',
  };
  // Out of reach of the terminal's Ctrl-C: we stop it ourselves, when our own work is at its end.
  const launcher = spawn(process.execPath, ['infra/stack/start.mjs'], {
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stop = async (keepFolder: boolean) => {
    await end(launcher);
    if (!keepFolder) rmSync(folder, { recursive: true, force: true });
  };
  try {
    await running(launcher, signal);
  } catch (error) {
    await stop(false);
    throw error;
  }
  const parts = () => {
    const record = JSON.parse(readFileSync(path.join(dataDir, 'stack.json'), 'utf8')) as {
      parts: Record<string, { pid: number }>;
    };
    return Object.fromEntries(Object.entries(record.parts).map(([name, { pid }]) => [name, pid]));
  };
  const logOf = (part: string) => path.join(dataDir, 'log', `${part}.log`);
  return { config: readConfig(env), env, folder, logOf, parts, stop };
}

async function running(launcher: ChildProcess, signal: AbortSignal): Promise<void> {
  let printed = '';
  for (const stream of [launcher.stdout, launcher.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => (printed += text));
  }
  const deadlineMs = performance.now() + READY_MS;
  while (!printed.includes('Consign is running')) {
    await sleep(50, undefined, { signal });
    const over = launcher.exitCode !== null || launcher.signalCode !== null || performance.now() > deadlineMs;
    if (over) throw new Error(`the stack to be measured does not start:\n${printed.trim()}`);
  }
}

async function end(launcher: ChildProcess): Promise<void> {
  if (launcher.exitCode !== null || launcher.signalCode !== null) return;
  const exited = once(launcher, 'exit');
  launcher.kill('SIGINT');
  await exited;
}

/** Four TCP ports of 127.0.0.1 that nothing listens on: all are open before the first is given back. */
async function freePorts(): Promise<number[]> {
  const servers = await Promise.all(
    [1, 2, 3, 4].map(async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
