import { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, type NativeConnectionOptions } from '@temporalio/worker';
import { createActivities } from '../activities';
import { createReturnSweepActivities } from '../activities/sweeps/sweep-returns';
import { createSweepActivities } from '../activities/sweeps/sweeps';
import { guardParties } from '../adapters/circuit-breaker/guard-parties';
import { createSandboxParties } from '../adapters/sandbox';
import { ConfigError, readConfig, type Config } from '../infra/config';
import { openDatabase } from '../infra/database/client';
import { createLogger } from '../infra/logger';
import { createMetrics, type Metrics } from '../infra/metrics';
import { startMetricsServer } from '../infra/metrics-server';
import { runProcess, type Running } from '../infra/process';
import { temporalEndpoint } from '../infra/temporal/connection';
import { orderWorkflows } from '../workflow-client/order-workflows';
import { returnWorkflows } from '../workflow-client/return-workflows';
import { ensureSweepSchedule } from '../workflow-client/sweep-schedule';
import { idleVersionNotice } from '../infra/temporal/worker-version';
import { relayCarrierScans } from './carrier-scans';
import { createWorkers } from './create-workers';
import { startLoop } from './loop';

const SCANS_EVERY_MS = 250;
const SWEEP_EVERY_MS = 30_000;
const SWEEP_AGES = { unstartedMs: 10_000, messageMs: 5 * 60_000, scanMs: 10 * 60_000 };

const logger = createLogger('worker', process.env['LOG_LEVEL'] ?? 'info');

/** The process that runs workflows and activities, relays the sandbox carriers' scans and keeps the sweeps scheduled. */
async function start(): Promise<Running> {
  const config = readConfig(process.env);
  if (!config.sandbox) throw new ConfigError('SANDBOX: must be on, since no other parties are built yet');
  installRuntime();
  const { connection: options, namespace } = temporalEndpoint(config);
  const connection = await NativeConnection.connect(options as NativeConnectionOptions);
  const client = new Client({ connection, namespace });
  const metrics = createMetrics();
  const { activities, sandbox, close } = wire(config, client, metrics);
  const metricsServer =
    config.metricsPort === undefined
      ? undefined
      : await startMetricsServer({ host: config.metricsHost, port: config.metricsPort, registry: metrics.registry });
  const workers = await createWorkers({
    connection,
    namespace,
    settings: config.worker,
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
  const scans = startLoop('carrier scans', SCANS_EVERY_MS, logger, () => relayCarrierScans(sandbox, client, logger));
  return {
    stop: async () => {
      await scans.stop();
      for (const worker of workers) worker.shutdown();
      await running;
      await metricsServer?.stop();
      await connection.close();
      await close();
    },
  };
}

/** Brings the activities together with the books, the parties and the workflows that they act on. */
function wire(config: Config, client: Client, metrics: Metrics) {
  const { databaseConnections: maxConnections } = config.worker;
  const database = openDatabase(config.database.url, { name: 'worker', maxConnections });
  const sandbox = openDatabase(config.database.url, { name: 'sandbox', maxConnections });
  const parties = guardParties(createSandboxParties(sandbox), {
    metrics,
    onChange: (change) => logger.warn(change, 'a circuit changed'),
  });
  const ofOrders = createActivities({ database, parties });
  const ofSweeps = createSweepActivities({
    database,
    carriers: parties.carriers,
    workflows: orderWorkflows(client, config.policy),
    sendMessages: (input) => ofOrders.sendMessages(input),
    ages: SWEEP_AGES,
  });
  const ofReturnSweeps = createReturnSweepActivities({
    database,
    returns: returnWorkflows(client, config.policy),
    ages: SWEEP_AGES,
  });
  return {
    activities: { ...ofOrders, ...ofSweeps, ...ofReturnSweeps },
    sandbox,
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
