import { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, DefaultLogger, Runtime, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import type { FulfilmentActivities } from '../../activities';
import { createInOneGo } from '../../activities/order/in-turn';
import type { SweepActivities } from '../../activities/sweeps/sweeps';
import { FULFIL_ORDER, type FulfilOrderInput } from '../../contracts/workflow/order';
import { FULFILMENT_TASK_QUEUE } from '../../contracts/workflow/task-queues';
import { searchAttributes } from '../../contracts/workflow/search-attributes';
import type { WorkerVersion } from '../../infra/config';
import { asProto } from '../../infra/temporal/search-attributes';
import { workflowIdOf } from '../../domain/steps';
import type { WorkflowHandle } from '@temporalio/client';
import { workerSettings } from '../../infra/worker-settings';
import { createWorkers } from '../../workers/create-workers';
import type { fulfilOrder } from '../../workflows';

export type OrderHandle = WorkflowHandle<typeof fulfilOrder>;

/** A Temporal server of a test's own, and workers on it. */
export interface TestTemporal {
  env: TestWorkflowEnvironment;
  /** Starts the workflow of an order. */
  start(input: FulfilOrderInput): Promise<OrderHandle>;
  /** The workflow of an order. */
  handle(orderId: string): OrderHandle;
  /** Starts a worker with these activities; `over` is for one of a named version, or with other workflows than ours. */
  startWorker(
    activities: Partial<FulfilmentActivities & SweepActivities>,
    over?: { version?: WorkerVersion; workflowBundle?: WorkflowBundleWithSourceMap },
  ): Promise<{ stop(): Promise<void> }>;
  /** Runs `run` while a worker with these activities works. */
  withWorker<T>(activities: Partial<FulfilmentActivities>, run: () => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

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
  const running = new Set<{ stop(): Promise<void> }>();
  const startWorker: TestTemporal['startWorker'] = async (activities, over = {}) => {
    const workers = await createWorkers({
      connection: env.nativeConnection,
      namespace: env.namespace ?? 'default',
      settings: workerSettings.parse({}),
      activities: { ...createInOneGo(activities), ...activities },
      version: over.version,
      workflowBundle: over.workflowBundle ?? (await bundleOnce()),
    });
    const ended = Promise.all(workers.map((worker) => worker.run()));
    const handle = {
      stop: async () => {
        running.delete(handle);
        for (const worker of workers) worker.shutdown();
        await ended;
      },
    };
    running.add(handle);
    return handle;
  };
  return {
    env,
    start: (input) =>
      env.client.workflow.start<typeof fulfilOrder>(FULFIL_ORDER, {
        workflowId: workflowIdOf(input.orderId),
        taskQueue: FULFILMENT_TASK_QUEUE,
        args: [input],
      }),
    handle: (orderId) => env.client.workflow.getHandle<typeof fulfilOrder>(workflowIdOf(orderId)),
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
      await Promise.all([...running].map((worker) => worker.stop()));
      await env.teardown();
    },
  };
}

let bundle: Promise<WorkflowBundleWithSourceMap> | undefined;

/** The workflows' code. Bundling takes seconds, so a test file does it once. */
export function bundleOnce(): Promise<WorkflowBundleWithSourceMap> {
  bundle ??= bundleWorkflowCode({
    workflowsPath: require.resolve('../../workflows'),
    logger: new DefaultLogger('WARN'),
  });
  return bundle;
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
