import {
  Worker,
  type NativeConnection,
  type WorkerOptions,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import { FULFILMENT_TASK_QUEUE, taskQueueOf } from '../contracts/workflow/task-queues';
import { parties } from '../domain/step-kinds';
import type { WorkerVersion } from '../infra/config';
import { settingsOf, type WorkerSettings } from './worker-settings';

/** The code to bundle. */
const WORKFLOWS = {
  workflowsPath: require.resolve('../workflows/index.ts'),
  bundlerOptions: { preloadModules: [require.resolve('../workflows/sdk/short-traces.ts')] },
};

/** How long a step under way may take to end when the worker is stopped. */
const DRAIN_MS = 10_000;

interface Options {
  connection: NativeConnection;
  namespace: string;
  settings: WorkerSettings;
  activities: object;
  /** Asks for work as this version, and carries an order on with whatever version is current at its next task. */
  version?: WorkerVersion | undefined;
  /** The workflows' code if it was bundled before; else it is bundled now. */
  workflowBundle?: WorkflowBundleWithSourceMap;
}

/**
 * The workers of one process: one for workflows, the first attempts of their steps and the activities that ask no party, and
 * one for each party, with slots of its own, so that a slow party holds up nobody else.
 */
export function createWorkers({ workflowBundle, settings, version, ...options }: Options): Promise<Worker[]> {
  const common = {
    ...options,
    shutdownGraceTime: DRAIN_MS,
    ...(version && {
      workerDeploymentOptions: { version, useWorkerVersioning: true, defaultVersioningBehavior: 'AUTO_UPGRADE' },
    }),
  } satisfies Partial<WorkerOptions>;
  const fulfilment = Worker.create({
    ...common,
    taskQueue: FULFILMENT_TASK_QUEUE,
    ...(workflowBundle ? { workflowBundle } : WORKFLOWS),
    maxConcurrentWorkflowTaskExecutions: settings.workflowSlots,
    maxConcurrentWorkflowTaskPolls: settings.workflowPollers,
    maxConcurrentLocalActivityExecutions: settings.firstTrySlots,
    maxConcurrentActivityTaskPolls: settings.activityPollers,
    maxCachedWorkflows: settings.cachedWorkflows,
  });
  const ofParties = parties.map((party) => {
    const { slots, ratePerSecond } = settingsOf(settings, party);
    return Worker.create({
      ...common,
      taskQueue: taskQueueOf(party),
      maxConcurrentActivityTaskExecutions: slots,
      maxConcurrentActivityTaskPolls: settings.activityPollers,
      ...(ratePerSecond !== undefined && { maxTaskQueueActivitiesPerSecond: ratePerSecond }),
    });
  });
  return Promise.all([fulfilment, ...ofParties]);
}
