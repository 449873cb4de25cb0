import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { msToTs } from '@temporalio/common/lib/time';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import type { FulfilmentActivities } from '../../activities';
import type { SweepActivities } from '../../activities/sweeps/sweeps';
import { FULFIL_ORDER, type FulfilOrderInput } from '../../contracts/workflow/order';
import { FULFILMENT_TASK_QUEUE } from '../../contracts/workflow/task-queues';
import { searchAttributes } from '../../contracts/workflow/search-attributes';
import type { WorkerVersion } from '../../infra/config';
import { asProto, registerSearchAttributes } from '../../infra/temporal/search-attributes';
import { workflowIdOf } from '../../contracts/workflow/ids';
import { Connection, type WorkflowHandle } from '@temporalio/client';
import { workerSettings } from '../../workers/worker-settings';
import { dynamicConfig } from '../../infra/stack/temporal';
import { createWorkers } from '../../workers/create-workers';
import type { fulfilOrder } from '../../workflows';
import { eventually } from './eventually';
import { sharedPart } from './stack-tier';

export type OrderHandle = WorkflowHandle<typeof fulfilOrder>;

/** A namespace or a server of a test file's own, and workers on it. */
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

/**
 * Boots a time-skipping test server, in which a wait of hours passes at once. It is not shared: its clock is one for all
 * its orders, and it boots in a fifth of a second.
 */
export const startTimeSkippingTemporal = async (): Promise<TestTemporal> => {
  quiet();
  const env = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path: await sharedPart('temporalTestServer') } },
  });
  await env.connection.operatorService.addSearchAttributes({
    namespace: env.namespace ?? 'default',
    searchAttributes: asProto(Object.values(searchAttributes)),
  });
  return over(env);
};

/** Makes a namespace on the development server that all tests share. */
export const startLocalTemporal = async (): Promise<TestTemporal> => {
  quiet();
  const address = await sharedPart('temporal');
  const namespace = `test-${randomUUID()}`;
  await makeNamespace(address, namespace);
  return over(await TestWorkflowEnvironment.createFromExistingServer({ address, namespace }));
};

/** Boots a development server for this test alone, which it may kill. Prefer {@link startLocalTemporal}. */
export const startOwnLocalTemporal = async (): Promise<TestTemporal> => {
  quiet();
  return over(
    await TestWorkflowEnvironment.createLocal({
      server: {
        executable: { type: 'existing-path', path: await sharedPart('temporalCli') },
        searchAttributes: Object.values(searchAttributes),
        extraArgs: ['--log-level', 'never', ...dynamicConfig],
      },
    }),
  );
};

async function makeNamespace(address: string, namespace: string): Promise<void> {
  const connection = await Connection.connect({ address });
  try {
    const workflowExecutionRetentionPeriod = msToTs('1 day');
    await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod });
    await registerSearchAttributes(connection, namespace, Object.values(searchAttributes));
    const query = Object.values(searchAttributes).map(({ name }) => `${name} IS NULL`);
    await eventually(
      () =>
        connection.workflowService.countWorkflowExecutions({ namespace, query: query.join(' AND ') }).then(
          () => true,
          () => false,
        ),
      Boolean,
    );
  } finally {
    await connection.close();
  }
}

function over(env: TestWorkflowEnvironment): TestTemporal {
  const running = new Set<{ stop(): Promise<void> }>();
  const startWorker: TestTemporal['startWorker'] = async (activities, over = {}) => {
    const workers = await createWorkers({
      connection: env.nativeConnection,
      namespace: env.namespace ?? 'default',
      settings: workerSettings.parse({}),
      activities,
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

/** The code of the product's workflows. Bundling takes seconds, so a test run does it once. */
export function bundleOnce(): Promise<WorkflowBundleWithSourceMap> {
  bundle ??= sharedPart('workflowBundle').then((file) => ({ code: readFileSync(file, 'utf8'), sourceMap: 'inline' }));
  return bundle;
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
