import { setTimeout as sleep } from 'node:timers/promises';
import { activityInfo } from '@temporalio/activity';
import { Client, WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, TerminatedFailure } from '@temporalio/common';
import { policy } from '../../../contracts/policy';
import { FULFIL_ORDER, type FulfilOrderInput, type FulfilOrderResult } from '../../../contracts/workflow/order';
import { FULFILMENT_TASK_QUEUE } from '../../../contracts/workflow/task-queues';
import { workflowIdOf } from '../../../domain/steps';
import { NAMES } from '../scripted-activities';
import type { TestTemporal } from '../temporal';
import type { Case } from './case';
import { broken } from './check';
import { Clock } from './clock';
import { forwardActivities } from './forward';
import { onwardActivities, scanAll } from './onward';
import { failuresIn, hasLostTask, readHistory } from './history';
import { ModelOrder } from './order';
import { undoingActivities } from './undoing';
import { World } from './world';

const MOST_EVENTS = 2000;
/** In real time: far more than orders take side by side, or one takes, of which the waits are skipped. */
const PATIENCE_MS = 20_000;
const PATIENCE_ALONE_MS = 10_000;

/** A case that fails where the server has lost a workflow task, which it does seldom by itself, is run so often. */
const MOST_RUNS = 3;

type Activity = (input: { orderId: string }) => Promise<unknown>;

/** What became of a case. */
export interface Ran {
  /** What of the promise was broken. */
  broken: string[];
  story: string[];
}

/** Runs cases against the real workflow, over modelled parties and books. */
export interface Model {
  /** @param alone - whether no other runs at the same time */
  run(chosen: Case, how?: { alone: boolean }): Promise<Ran>;
  stop(): Promise<void>;
}

/** Starts one worker for all cases, and lets the server skip time. */
export async function startModel(temporal: TestTemporal): Promise<Model> {
  const { connection, namespace } = temporal.env;
  const client = new Client({ connection, namespace: namespace ?? 'default' });
  const clock = new Clock(temporal);
  const running = new Map<string, { order: ModelOrder; activities: Record<string, Activity> }>();
  const dispatch = (name: string) => async (input: { orderId: string }) => {
    const found = running.get(input.orderId);
    const activity = found?.activities[name];
    if (found === undefined || activity === undefined) throw new Error(`no ${name} of ${input.orderId} is foreseen`);
    clock.calls += 1;
    clock.underWay += 1;
    try {
      return (await (activityInfo().isLocal ? activity(input) : onQueue(found.order, () => activity(input)))) ?? null;
    } finally {
      clock.underWay -= 1;
    }
  };
  const activities = Object.fromEntries(NAMES.map((name) => [name, dispatch(name)]));
  const worker = await temporal.startWorker(activities);
  await clock.start();

  let count = 0;
  const runOnce = async (chosen: Case, alone: boolean): Promise<Ran & { again: boolean }> => {
    count += 1;
    const orderId = `ord_model_${count}`;
    const order = new ModelOrder(client, workflowIdOf(orderId), clock);
    const world = new World(chosen, order);
    clock.orders.add(order);
    const modelled = { ...forwardActivities(world), ...onwardActivities(world), ...undoingActivities(world) };
    running.set(orderId, { order, activities: modelled as unknown as Record<string, Activity> });
    const start = (recover: boolean) =>
      client.workflow.start(FULFIL_ORDER, {
        workflowId: workflowIdOf(orderId),
        taskQueue: FULFILMENT_TASK_QUEUE,
        workflowTaskTimeout: '3 seconds',
        args: [inputOf(orderId, world, recover)],
      });
    const brokenRules = await Promise.race([
      toTheEnd(world, order, start),
      world.books.violated.then((what) => [what]),
      sleep(alone ? PATIENCE_ALONE_MS : PATIENCE_MS, undefined, { ref: false }).then(() => whyItHangs(order)),
    ]).catch((error: unknown) => [String(error), error instanceof Error ? String(error.cause) : '']);
    clock.orders.delete(order);
    const isBroken = brokenRules.length > 0;
    const again = isBroken && hasLostTask(await readHistory(order.handle));
    if (isBroken) await order.terminate().catch(() => undefined);
    return { broken: brokenRules, story: world.story, again };
  };
  return {
    run: async (chosen, { alone } = { alone: false }) => {
      let ran = await runOnce(chosen, alone);
      for (let more = MOST_RUNS - 1; ran.again && more > 0; more -= 1) ran = await runOnce(chosen, alone);
      return ran;
    },
    stop: async () => {
      await clock.stop();
      await worker.stop();
    },
  };
}

/** Who calls for a workflow that is no more needs not wait with its answer. */
async function onQueue<T>(order: ModelOrder, run: () => Promise<T>): Promise<T> {
  const { stops } = order;
  const turn = async (take: () => Promise<void>) => (order.stops === stops ? take() : undefined);
  order.underWay += 1;
  try {
    const answer = await run();
    await turn(order.itsTurn);
    return answer;
  } catch (error) {
    const isFinal = error instanceof ApplicationFailure && error.nonRetryable;
    await turn(isFinal ? order.itsTurn : order.itsTurnToFail);
    throw error;
  } finally {
    order.underWay = Math.max(0, order.underWay - 1);
  }
}

async function toTheEnd(
  world: World,
  order: ModelOrder,
  start: (recover: boolean) => Promise<unknown>,
): Promise<string[]> {
  await start(false);
  let result = await resultOf(order);
  while (result === undefined) {
    await start(true);
    await scanAll(world);
    result = await resultOf(order);
  }
  await order.settled();
  const events = await readHistory(order.handle);
  return [
    ...broken(world, { result, answers: order.answers, interrupted: order.stops > 0 }),
    ...failuresIn(events),
    ...(events.length >= MOST_EVENTS ? [`the history has ${events.length} events`] : []),
  ];
}

const whyItHangs = async ({ handle }: ModelOrder): Promise<string[]> => [
  'it does not come to rest',
  ...failuresIn(await readHistory(handle)),
];

/** Undefined where the workflow was terminated. */
async function resultOf({ handle }: ModelOrder): Promise<FulfilOrderResult | undefined> {
  try {
    return (await handle.result()) as FulfilOrderResult;
  } catch (error) {
    if (error instanceof WorkflowFailedError && error.cause instanceof TerminatedFailure) return undefined;
    throw error;
  }
}

const inputOf = (orderId: string, world: World, recover: boolean): FulfilOrderInput => ({
  ...(recover && resumed(world)),
  orderId,
  country: 'DE',
  grand: world.grand,
  lines: world.chosen.lines.map((_, line) => ({ sku: `SKU-${line}`, quantity: 1 })),
  ...(world.chosen.shipAvailable && { shipAvailable: true }),
  ...(world.chosen.backorder && { backorder: true }),
  policy: policy.parse({
    firstTryTimeoutMs: 10_000,
    retryMaxIntervalMs: 30_000,
    attentionAfterMs: 5000,
    authorisationRenewMs: 600_000,
    carrierRetries: world.chosen.carrierRetries,
  }),
});

/** As the sweep takes an order up again. */
const resumed = ({ books: { occurrences } }: World) => ({
  recover: true as const,
  ...(occurrences > 0 && { occurrences }),
});
