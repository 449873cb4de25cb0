import {
  ActivityCancellationType,
  type ActivityFunctionWithOptions,
  ApplicationFailure,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
} from '@temporalio/workflow';
import type { FulfilmentActivities } from '../activities';
import { failureTypes } from '../contracts/failures';
import type { Policy } from '../contracts/policy';
import { FULFILMENT_TASK_QUEUE, taskQueueOf, type Party } from '../contracts/task-queues';
import { FirstTries } from './first-tries';

/** The name of an activity. */
export type Name = keyof FulfilmentActivities;
/** What an activity takes. */
export type Input<N extends Name> = Parameters<FulfilmentActivities[N]>[0];
/** What an activity resolves to. */
export type Result<N extends Name> = FulfilmentActivities[N] extends (...input: never) => Promise<infer R> ? R : never;

/** One call of an activity. */
export interface Call<N extends Name> {
  /** What it is for; names its tries in the Temporal UI and in the API. */
  step: string;
  /** Says in the Temporal UI what it does. */
  summary: string;
  activity: N;
  input: Input<N>;
}

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
  const first = proxyLocalActivities<FulfilmentActivities>({
    startToCloseTimeout: policy.firstTryTimeoutMs,
    retry: { maximumAttempts: 1 },
  });
  const scheduled = new Map<string, number>();
  const firstTries = new FirstTries();
  return {
    tryOnce: (call) => firstTries.run(() => execute(first[call.activity], call)),
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
const execute = <N extends Name>(proxy: unknown, { summary, input }: Call<N>): Promise<Result<N>> =>
  (proxy as ActivityFunctionWithOptions<(input: Input<N>) => Promise<Result<N>>>).executeWithOptions({ summary }, [
    input,
  ]);

/** A refusal of a local activity arrives bare, one of a scheduled activity as the cause of an ActivityFailure. */
export const causeOf = (error: unknown): unknown =>
  error instanceof Error && error.cause instanceof Error ? error.cause : error;

/** The type of the activity's failure, one of `failureTypes`; undefined where it is none of an activity's own. */
export const failureTypeOf = (error: unknown): string | undefined => {
  const cause = causeOf(error);
  return cause instanceof ApplicationFailure ? (cause.type ?? undefined) : undefined;
};

/** Whether an activity's failure is not tried again. */
export const isFinal = (error: unknown): boolean => {
  const cause = causeOf(error);
  return cause instanceof ApplicationFailure && cause.nonRetryable === true;
};

/**
 * Whether a step was refused since it, or its leg, was undone before, while its order goes on: an earlier try of the
 * workflow task, which was lost with its worker, came further than this one.
 */
export const isBehind = (error: unknown): boolean => {
  const cause = causeOf(error);
  if (!(cause instanceof ApplicationFailure) || cause.type !== failureTypes.fenced) return false;
  return (cause.details?.[0] as { behind?: string } | undefined)?.behind === 'step';
};

/** Why an activity failed, in a few words. */
export const whyOf = (error: unknown): string => {
  const cause = causeOf(error);
  return cause instanceof Error ? cause.message : String(cause);
};
