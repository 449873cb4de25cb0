import { NativeConnection, Runtime, DefaultLogger, Worker, type NativeConnectionOptions } from '@temporalio/worker';
import { readConfig } from '../infra/config';
import { createLogger } from '../infra/logger';
import { runProcess, type Running } from '../infra/process';
import { temporalEndpoint } from '../infra/temporal/connection';
import { BENCH_TASK_QUEUE } from './empty';

const logger = createLogger('bench-worker', 'info');

/** The process that runs the empty workflow and its empty activities: a worker with the SDK's default options. */
async function start(): Promise<Running> {
  Runtime.install({ shutdownSignals: [], logger: new DefaultLogger('WARN') });
  const { connection: options, namespace } = temporalEndpoint(readConfig(process.env));
  const connection = await NativeConnection.connect(options as NativeConnectionOptions);
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue: BENCH_TASK_QUEUE,
    workflowsPath: require.resolve('./empty-workflow.ts'),
    activities: { nothing: async () => undefined },
  });
  const running = worker.run();
  running.catch((error: unknown) => {
    logger.fatal({ err: error }, 'the worker failed');
    process.exit(1);
  });
  return {
    stop: async () => {
      worker.shutdown();
      await running;
      await connection.close();
    },
  };
}

void runProcess(logger, start);
