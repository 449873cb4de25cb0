import { once } from 'node:events';
import { apiLimits } from '../../api/access/api-limits';
import { ConfigError, readConfig, readSettings, type Config, type SettingsFile } from '../config';
import { loadJwtSecret } from '../jwt-secret';
import { idleVersionNotice } from '../temporal/worker-version';
import { policy } from '../../contracts/policy';
import { workerSettings } from '../../workers/worker-settings';
import type { PartName } from './boot';
import { prepareDataFolder } from './data-folder';
import { assertRoom, orFullDisk, watchRoom } from './disk-space';
import { stopLeftovers } from './leftovers';
import { assertPortsFree, type WantedPort } from './ports';
import { identify } from './process-identity';
import { services, type Service } from './service';
import { bootStack, STOP_ORDER, type Stack } from './stack';
import { messageOf, StackError, syscallOf } from './stack-error';
import { claim, type StackHold } from './stack-record';
import { listenForStop, type StopRequest } from './stop-request';
import { watchSources } from './watch-sources';
import { addresses, welcome } from './welcome';

/** What each part's command line contains, whatever else is in it. */
const COMMANDS: Record<PartName, string> = {
  api: 'api/server.ts',
  worker: 'workers/worker.ts',
  temporal: 'server start-dev',
  postgres: 'postgres',
};

/**
 * The command `npm start`, once the packages are there: runs the whole stack until it is asked to stop, and ends the
 * process. What keeps it from running is one line and exit code 1.
 */
export async function launch(env: NodeJS.ProcessEnv, { watching = false } = {}): Promise<never> {
  // A terminal that is gone cannot be written to, and is no reason to leave a stack half stopped.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const runByNpm = env['npm_lifecycle_event'] !== undefined;
  const request = listenForStop(runByNpm);
  let failure: unknown;
  try {
    await run(env, request, { runByNpm, watching });
  } catch (error) {
    if (request.stop.aborted) print('Consign was stopped while it was starting');
    else failure = error;
  }
  failure ??= request.failure();
  if (failure !== undefined) process.stderr.write(`${explain(failure)}\n`);
  process.exit(failure === undefined ? 0 : 1);
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);

function explain(error: unknown): string {
  if (error instanceof ConfigError)
    return `the configuration is not usable: ${error.message} (see npm start -- --help)`;
  if (error instanceof StackError) return error.message;
  // A file that is in the way, or not ours: the system's words name it, and a trace would add nothing.
  if (syscallOf(error) !== undefined) return `Consign could not go on: ${messageOf(error)}`;
  return `Consign could not go on: ${error instanceof Error ? (error.stack ?? messageOf(error)) : messageOf(error)}`;
}

interface How {
  runByNpm: boolean;
  watching: boolean;
}

async function run(env: NodeJS.ProcessEnv, request: StopRequest, { runByNpm, watching }: How): Promise<void> {
  const config = readConfig(env);
  readSettings(config.policyFile, policy);
  readSettings(config.workerFile, workerSettings);
  readSettings(config.apiLimitsFile, apiLimits);
  print(`Consign is starting; its data is in ${config.dataDir}`);
  prepareDataFolder(config.dataDir);
  if (config.database.url === undefined || !config.temporal.external) assertRoom(config.dataDir);
  const parent = runByNpm ? identify(process.ppid) : undefined;
  const hold = await claim({ dataDir: config.dataDir, addresses: addresses(config), parent, report: print });
  try {
    await runHeld(config, env, request, hold, watching);
  } catch (error) {
    throw orFullDisk(error, config.dataDir, 'Consign cannot go on');
  } finally {
    hold.release();
  }
}

async function runHeld(
  config: Config,
  env: NodeJS.ProcessEnv,
  { stop, hurry }: StopRequest,
  hold: StackHold,
  watching: boolean,
): Promise<void> {
  const stopped = await stopLeftovers(hold.leftovers, STOP_ORDER);
  if (stopped.length > 0) print(`  ✓ stopped what an earlier stack had left running: ${stopped.join(', ')}`);
  await assertPortsFree(wantedPorts(config));
  // The API would find it unusable too, but later.
  loadJwtSecret(config);
  const notice = (line: string) => print(`${new Date().toTimeString().slice(0, 8)} ${line}`);
  const stack = await bootStack({
    config,
    env: serviceEnvironment(config, env),
    services,
    onStart: (part, pid) => {
      const found = identify(pid);
      if (found) hold.note(part, { ...found, command: COMMANDS[part] });
    },
    progress: print,
    notice,
    signal: stop,
    hurry,
  });
  const watched = watching ? watchSources(restartOn(stack, notice)) : undefined;
  try {
    await welcomeAndWait(config, notice, stop);
  } catch (error) {
    await stack.stop(() => undefined).catch(() => undefined);
    throw error;
  } finally {
    watched?.stop();
  }
  print('\nConsign is stopping; once more Ctrl-C ends it at once');
  await stack.stop(print);
  print('Consign has stopped; npm start resumes every order');
}

const restartOn = (stack: Stack, notice: (line: string) => void) => (parts: Service['part'][], file: string) => {
  notice(`${file} has changed: starting ${parts.join(' and ')} anew`);
  stack.restart(parts).catch((error: unknown) => notice(`that failed: ${messageOf(error)}`));
};

async function welcomeAndWait(config: Config, notice: (line: string) => void, stop: AbortSignal): Promise<void> {
  print(await welcome(config));
  const idle = await idleVersionNotice(config);
  if (idle !== undefined) print(`  ! ${idle}`);
  const room = watchRoom(config.dataDir, notice);
  if (!stop.aborted) await once(stop, 'abort');
  room.stop();
}

function wantedPorts({ api, temporal, database }: Config): WantedPort[] {
  const host = '127.0.0.1';
  return [
    { variable: 'API_PORT', host: api.host, port: api.port },
    ...(temporal.external
      ? []
      : [
          { variable: 'TEMPORAL_PORT', host, port: temporal.port },
          { variable: 'TEMPORAL_UI_PORT', host, port: temporal.uiPort },
        ]),
    ...(database.url === undefined ? [{ variable: 'POSTGRES_PORT', host, port: database.port }] : []),
  ];
}

/** The processes run in the project's folder, wherever the paths were meant from; the sandbox is on unless refused. */
function serviceEnvironment(config: Config, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return {
    ...env,
    DATA_DIR: config.dataDir,
    SANDBOX: env['SANDBOX'] || 'on',
    ...asVariable(config.policyFile),
    ...asVariable(config.workerFile),
    ...asVariable(config.apiLimitsFile),
  };
}

const asVariable = ({ variable, path }: SettingsFile): NodeJS.ProcessEnv =>
  path === undefined ? {} : { [variable]: path };
