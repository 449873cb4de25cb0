import { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker, type NativeConnectionOptions } from '@temporalio/worker';
import { createActivities } from '../activities';
import { createSandboxParties } from '../adapters/sandbox';
import { FULFILMENT_TASK_QUEUE } from '../contracts/saga';
import { ConfigError, readConfig } from '../infra/config';
import { openDatabase } from '../infra/database/client';
import { createLogger } from '../infra/logger';
import { runProcess, type Running } from '../infra/process';
import { temporalEndpoint } from '../infra/temporal/connection';
import { startFulfilment } from '../infra/temporal/start-fulfilment';
import { relayCarrierScans } from './carrier-scans';
import { startLoop } from './loop';
import { startUnstarted } from './unstarted-orders';

/** How long a step under way may take to end when the worker is stopped. */
const DRAIN_MS = 10_000;
/** How long the API has to start the workflow of an order that it accepted, before a worker does. */
const START_GRACE_MS = 10_000;

const logger = createLogger('worker', process.env['LOG_LEVEL'] ?? 'info');

/** The process that runs workflows and activities, relays carriers' scans and starts what the API could not start. */
async function start(): Promise<Running> {
  const config = readConfig(process.env);
  if (!config.sandbox) throw new ConfigError('SANDBOX: must be on, since no other parties are built yet');
  Runtime.install({
    shutdownSignals: [],
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => logger[pinoLevel(level)](meta ?? {}, message)),
    telemetryOptions: { logging: { filter: { core: 'WARN', other: 'WARN' }, forward: {} } },
  });
  const database = openDatabase(config.database.url, { name: 'worker', maxConnections: 20 });
  const sandbox = openDatabase(config.database.url, { name: 'sandbox', maxConnections: 20 });
  const { connection: options, namespace } = temporalEndpoint(config);
  const connection = await NativeConnection.connect(options as NativeConnectionOptions);
  const client = new Client({ connection, namespace });
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue: FULFILMENT_TASK_QUEUE,
    workflowsPath: require.resolve('../workflows/index.ts'),
    activities: createActivities({ database, parties: createSandboxParties(sandbox) }),
    shutdownGraceTime: DRAIN_MS,
  });
  const running = worker.run();
  running.catch((error: unknown) => {
    logger.fatal({ err: error }, 'the worker failed');
    process.exit(1);
  });
  const loops = [
    startLoop('carrier scans', 250, logger, () => relayCarrierScans(sandbox, client, logger)),
    startLoop('unstarted orders', START_GRACE_MS, logger, () =>
      startUnstarted(database, START_GRACE_MS, (order) => startFulfilment(client, config.policy, order)),
    ),
  ];
  return {
    stop: async () => {
      await Promise.all(loops.map((loop) => loop.stop()));
      worker.shutdown();
      await running;
      await connection.close();
      await Promise.all([database.$disconnect(), sandbox.$disconnect()]);
    },
  };
}

const pinoLevel = (level: string) => level.toLowerCase() as 'trace' | 'debug' | 'info' | 'warn' | 'error';

void runProcess(logger, start);
