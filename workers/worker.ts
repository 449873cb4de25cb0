import { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, type NativeConnectionOptions } from '@temporalio/worker';
import { createActivities } from '../activities';
import { createSweepActivities } from '../activities/sweeps/sweeps';
import { guardParties } from '../adapters/circuit-breaker/guard-parties';
import { createPartyMetrics, type PartyMetrics } from '../adapters/circuit-breaker/party-metrics';
import { createSandboxParties } from '../adapters/sandbox';
import { policy } from '../contracts/policy';
import { ConfigError, readConfig, readSettings, type Config } from '../infra/config';
import { databaseUrl } from '../infra/database/address';
import { openDatabase } from '../infra/database/client';
import { createLogger } from '../infra/logger';
import { startMetricsServer } from '../infra/metrics-server';
import { runProcess, type Running } from '../infra/process';
import { temporalEndpoint } from '../infra/temporal/connection';
import { ensureSweepSchedule } from '../workflow-client/sweep-schedule';
import { workflowsOn } from '../workflow-client/workflows';
import { idleVersionNotice } from '../infra/temporal/worker-version';
import { sendDueMessages } from '../events/message-relay';
import { receiveDueScans } from './carrier-scans';
import { createWorkers } from './create-workers';
import { startLoop } from './loop';
import { sweptWorkflows } from './swept-workflows';
import { workerSettings, type WorkerSettings } from './worker-settings';

const SCANS_EVERY_MS = 250;
const SWEEP_EVERY_MS = 30_000;
const MESSAGES_EVERY_MS = 200;
const MESSAGES_AT_ONCE = 50;
const SWEEP_AGES = {
  unstartedMs: 10_000,
  quietMs: 15_000,
  owedMs: 5000,
  surplusMs: 10 * 60_000,
  scanMs: 10 * 60_000,
};

const logger = createLogger('worker', process.env['LOG_LEVEL'] ?? 'info');

/** The process that runs workflows and activities, sends messages, receives the sandbox carriers' scans and keeps the sweeps scheduled. */
async function start(): Promise<Running> {
  const config = readConfig(process.env);
  if (!config.sandbox) throw new ConfigError('SANDBOX: must be on, because no other parties are built yet');
  installRuntime();
  const { connection: options, namespace } = temporalEndpoint(config);
  const connection = await NativeConnection.connect(options as NativeConnectionOptions);
  const client = new Client({ connection, namespace });
  const metrics = createPartyMetrics();
  const settings = readSettings(config.workerFile, workerSettings);
  const { activities, sendMessages, receiveScans, close } = wire(config, settings, client, metrics);
  const metricsServer =
    config.metricsPort === undefined
      ? undefined
      : await startMetricsServer({ host: config.metricsHost, port: config.metricsPort, registry: metrics.registry });
  const workers = await createWorkers({
    connection,
    namespace,
    settings,
    version: config.workerVersion,
    activities,
  });
  await ensureSweepSchedule(client, SWEEP_EVERY_MS);
  const notice = await idleVersionNotice(config);
  if (notice !== undefined) logger.info(notice);
  const running = Promise.all(workers.map((worker) => worker.run()));
  running.catch((error: unknown) => {
    logger.fatal({ err: error }, 'a worker failed');
    process.exit(1);
  });
  const loops = [
    startLoop('carrier scans', SCANS_EVERY_MS, logger, receiveScans),
    startLoop('messages', MESSAGES_EVERY_MS, logger, async () => {
      while ((await sendMessages(MESSAGES_AT_ONCE)) === MESSAGES_AT_ONCE);
    }),
  ];
  return {
    stop: async () => {
      await Promise.all(loops.map((loop) => loop.stop()));
      for (const worker of workers) worker.shutdown();
      await running;
      await metricsServer?.stop();
      await connection.close();
      await close();
    },
  };
}

/** Brings the activities together with the books, the parties and the workflows that they act on. */
function wire(
  config: Config,
  { databaseConnections: maxConnections }: WorkerSettings,
  client: Client,
  metrics: PartyMetrics,
) {
  const timings = readSettings(config.policyFile, policy);
  const database = openDatabase(databaseUrl(config), { name: 'worker', maxConnections });
  const sandbox = openDatabase(databaseUrl(config), { name: 'sandbox', maxConnections });
  const parties = guardParties(createSandboxParties(sandbox), {
    metrics,
    onChange: (change) => logger.warn(change, 'a circuit changed'),
  });
  const workflows = workflowsOn(client, timings);
  const sendMessages = (limit: number) => sendDueMessages({ database, notification: parties.notification }, limit);
  const ofSweeps = createSweepActivities({
    database,
    carriers: parties.carriers,
    workflows: sweptWorkflows(workflows),
    sendMessages,
    ages: SWEEP_AGES,
  });
  return {
    activities: { ...createActivities({ database, parties }), ...ofSweeps },
    sendMessages,
    receiveScans: () => receiveDueScans({ database, sandbox, workflows, logger }),
    close: () => Promise.all([database.$disconnect(), sandbox.$disconnect()]),
  };
}

/** The SDK's runtime logs as we do, and leaves the signals to us. */
function installRuntime(): void {
  Runtime.install({
    shutdownSignals: [],
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => logger[pinoLevel(level)](meta ?? {}, message)),
    telemetryOptions: { logging: { filter: { core: 'WARN', other: 'WARN' }, forward: {} } },
  });
}

const pinoLevel = (level: string) => level.toLowerCase() as 'trace' | 'debug' | 'info' | 'warn' | 'error';

void runProcess(logger, start);
