import {
  ActivityCancellationType,
  type ActivityFunctionWithOptions,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
} from '@temporalio/workflow';
import type { FulfilmentActivities } from '../../activities';
import type { Policy } from '../../contracts/policy';
import { FULFILMENT_TASK_QUEUE, taskQueueOf, type Party } from '../../contracts/workflow/task-queues';
import type { Call, Input, Name, Result } from './calls';
import { isFinal } from './failures';
import { FirstTries } from './first-tries';
import { OneGo } from './one-go';

/**
 * How an order calls its activities, with the timings of its policy: tried once inside the workflow's own worker, which
 * spares the server's work, and only when that try fails by a fault scheduled on its party's task queue, where its
 * retries can be seen. That both may run is harmless: the step ledger makes a step happen once.
 */
export interface Caller {
  tryOnce<N extends Name>(call: Call<N>): Promise<Result<N>>;
  schedule<N extends Name>(call: Call<N>): Promise<Result<N>>;
}

/** Which party an activity asks; those that are not listed need nothing but our own books. */
const PARTY_OF: Partial<Record<Name, Party>> = {
  validateOrder: 'screening',
  authorisePayment: 'payment',
  voidPayment: 'payment',
  capturePayment: 'payment',
  refundPayment: 'payment',
  readStanding: 'payment',
  packParcel: 'warehouse',
  returnToShelf: 'warehouse',
  bookCarrier: 'shipping',
  cancelBooking: 'shipping',
  cancelGivenUp: 'shipping',
  handOver: 'shipping',
  giveUpHandOver: 'shipping',
  sendMessages: 'notification',
};

/** Calls activities with the timings of a policy. */
export function callerFor(policy: Policy): Caller {
  const { firstTryTimeoutMs: limitMs } = policy;
  const tries = (count: number) =>
    proxyLocalActivities<FulfilmentActivities>({
      startToCloseTimeout: count * limitMs,
      retry: { maximumAttempts: 1 },
    });
  const scheduled = new Map<string, number>();
  const firstTries = new FirstTries();
  const oneGo = new OneGo();
  return {
    tryOnce: (call) =>
      oneGo.take(call) ??
      (call.next === undefined
        ? firstTries.run(() => execute(tries(1)[call.activity], call))
        : oneGo.run(call, (go, summary, calls) =>
            firstTries.run(() => execute<typeof go>(tries(calls.length)[go], { summary, input: { calls, limitMs } })),
          )),
    schedule: (call) => {
      const times = (scheduled.get(call.step) ?? 0) + 1;
      scheduled.set(call.step, times);
      const activityId = times === 1 ? call.step : `${call.step}~${times}`;
      return execute(onItsQueue(policy, call.activity, activityId)[call.activity], call);
    },
  };
}

/** Calls an activity until it succeeds or fails for good; nobody is told how it goes. */
export async function callQuietly<N extends Name>(caller: Caller, call: Call<N>): Promise<Result<N>> {
  try {
    return await caller.tryOnce(call);
  } catch (error) {
    if (isCancellation(error) || isFinal(error)) throw error;
    return caller.schedule(call);
  }
}

/**
 * An activity on its task queue. It has a start-to-close timeout and, but for messages, no limit on attempts: patience
 * is the activity's own business.
 */
function onItsQueue(policy: Policy, activity: Name, activityId: string) {
  const party = PARTY_OF[activity];
  return proxyActivities<FulfilmentActivities>({
    activityId,
    taskQueue: party === undefined ? FULFILMENT_TASK_QUEUE : taskQueueOf(party),
    startToCloseTimeout: policy.stepTimeoutMs,
    ...(party === 'notification' && { scheduleToCloseTimeout: policy.messageTimeoutMs }),
    cancellationType: ActivityCancellationType.TRY_CANCEL,
    retry: {
      initialInterval: policy.retryInitialIntervalMs,
      backoffCoefficient: 2,
      maximumInterval: policy.retryMaxIntervalMs,
    },
  });
}

/** The SDK's types cannot say that an activity's proxy takes that activity's own input. */
const execute = <N extends Name>(
  proxy: unknown,
  { summary, input }: Pick<Call<N>, 'summary' | 'input'>,
): Promise<Result<N>> =>
  (proxy as ActivityFunctionWithOptions<(input: Input<N>) => Promise<Result<N>>>).executeWithOptions({ summary }, [
    input,
  ]);
