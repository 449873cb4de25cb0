import { TestWorkflowEnvironment } from '@temporalio/testing';
import {
  bundleWorkflowCode,
  DefaultLogger,
  Runtime,
  Worker,
  type WorkerOptions,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import type { FulfilmentActivities } from '../../activities';
import { FULFIL_ORDER, FULFILMENT_TASK_QUEUE, type FulfilOrderInput } from '../../contracts/saga';
import { searchAttributes } from '../../contracts/search-attributes';
import { asProto } from '../../infra/temporal/search-attributes';
import { workflowIdOf } from '../../domain/steps';
import type { WorkflowHandle } from '@temporalio/client';
import type { fulfilOrder } from '../../workflows';

export type OrderHandle = WorkflowHandle<typeof fulfilOrder>;

/** A Temporal server of a test's own, and workers on it. */
export interface TestTemporal {
  env: TestWorkflowEnvironment;
  /** Starts the workflow of an order. */
  start(input: FulfilOrderInput): Promise<OrderHandle>;
  /** Starts a worker with these activities. */
  startWorker(activities: Partial<FulfilmentActivities>): Promise<{ stop(): Promise<void> }>;
  /** Runs `run` while a worker with these activities works. */
  withWorker<T>(activities: Partial<FulfilmentActivities>, run: () => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

let bundle: Promise<WorkflowBundleWithSourceMap> | undefined;

/** Boots the time-skipping test server, in which a wait of hours passes at once. */
export const startTimeSkippingTemporal = async (): Promise<TestTemporal> => {
  quiet();
  const env = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path: binary('TEMPORAL_TEST_SERVER_PATH') } },
  });
  await env.connection.operatorService.addSearchAttributes({
    namespace: env.namespace ?? 'default',
    searchAttributes: asProto(Object.values(searchAttributes)),
  });
  return over(env);
};

/** Boots the real development server. */
export const startLocalTemporal = async (): Promise<TestTemporal> => {
  quiet();
  return over(
    await TestWorkflowEnvironment.createLocal({
      server: {
        executable: { type: 'existing-path', path: binary('TEMPORAL_CLI_PATH') },
        searchAttributes: Object.values(searchAttributes),
        extraArgs: ['--log-level', 'never'],
      },
    }),
  );
};

function over(env: TestWorkflowEnvironment): TestTemporal {
  const running = new Map<Worker, Promise<void>>();
  const startWorker = async (activities: Partial<FulfilmentActivities>) => {
    const worker = await Worker.create(await workerOptions(env, activities));
    running.set(worker, worker.run());
    return { stop: () => stopWorker(worker) };
  };
  const stopWorker = async (worker: Worker) => {
    worker.shutdown();
    await running.get(worker);
    running.delete(worker);
  };
  return {
    env,
    start: (input) =>
      env.client.workflow.start<typeof fulfilOrder>(FULFIL_ORDER, {
        workflowId: workflowIdOf(input.orderId),
        taskQueue: FULFILMENT_TASK_QUEUE,
        args: [input],
      }),
    startWorker,
    withWorker: async (activities, run) => {
      const worker = await startWorker(activities);
      try {
        return await run();
      } finally {
        await worker.stop();
      }
    },
    stop: async () => {
      await Promise.all([...running.keys()].map((worker) => stopWorker(worker)));
      await env.teardown();
    },
  };
}

async function workerOptions(env: TestWorkflowEnvironment, activities: object): Promise<WorkerOptions> {
  bundle ??= bundleWorkflowCode({
    workflowsPath: require.resolve('../../workflows'),
    logger: new DefaultLogger('ERROR'),
  });
  return {
    connection: env.nativeConnection,
    namespace: env.namespace ?? 'default',
    taskQueue: FULFILMENT_TASK_QUEUE,
    workflowBundle: await bundle,
    activities,
  };
}

function binary(variable: 'TEMPORAL_CLI_PATH' | 'TEMPORAL_TEST_SERVER_PATH'): string {
  const path = process.env[variable];
  if (path === undefined) throw new Error(`${variable} is not set: run the tests with npm test`);
  return path;
}

function quiet(): void {
  try {
    Runtime.install({
      logger: new DefaultLogger('ERROR'),
      telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' } } },
    });
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'IllegalStateError') throw error;
  }
}
