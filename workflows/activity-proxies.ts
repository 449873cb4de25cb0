import {
  ActivityCancellationType,
  type ActivityFunctionWithOptions,
  ApplicationFailure,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
} from '@temporalio/workflow';
import type { FulfilmentActivities } from '../activities';
import type { Policy } from '../contracts/policy';
import { FULFILMENT_TASK_QUEUE, taskQueueOf, type Party } from '../contracts/task-queues';

/** The name of an activity. */
export type Name = keyof FulfilmentActivities;
/** What an activity takes. */
export type Input<N extends Name> = Parameters<FulfilmentActivities[N]>[0];
/** What an activity resolves to. */
export type Result<N extends Name> = FulfilmentActivities[N] extends (...input: never) => Promise<infer R> ? R : never;

/**
 * Calls an activity; `summary` says in the Temporal UI what the call does, and `onFault` is told where the first try
 * failed, with why.
 */
export type Call = <N extends Name>(
  activity: N,
  summary: string,
  input: Input<N>,
  onFault?: (why: string) => void,
) => Promise<Result<N>>;

/** Which party an activity asks; those that are not listed need nothing but our own books. */
const PARTY_OF: Partial<Record<Name, Party>> = {
  validateOrder: 'screening',
  authorisePayment: 'payment',
  voidPayment: 'payment',
  capturePayment: 'payment',
  readStanding: 'payment',
  packParcel: 'warehouse',
  returnToShelf: 'warehouse',
  bookCarrier: 'shipping',
  cancelBooking: 'shipping',
  cancelGivenUp: 'shipping',
  handOver: 'shipping',
  sendMessages: 'notification',
};

/**
 * How an order calls its activities, with the timings of its policy. Each is tried once inside the workflow's own
 * worker, which spares the server's work; only when that try fails by a fault is it scheduled on its party's task queue,
 * where its retries can be seen. That both may run is harmless: the step ledger makes a step happen once.
 */
export function callerFor(policy: Policy): Call {
  const first = proxyLocalActivities<FulfilmentActivities>({
    startToCloseTimeout: policy.firstTryTimeoutMs,
    cancellationType: ActivityCancellationType.TRY_CANCEL,
    retry: { maximumAttempts: 1 },
  });
  return async <N extends Name>(activity: N, summary: string, input: Input<N>, onFault?: (why: string) => void) => {
    try {
      return await execute<N>(first[activity], summary, input);
    } catch (error) {
      if (isCancellation(error) || isFinal(error)) throw error;
      onFault?.(reasonOf(error));
      return await execute<N>(scheduled(policy, activity)[activity], summary, input);
    }
  };
}

/**
 * An activity on its task queue. It has a start-to-close timeout and, but for messages, no limit on attempts: patience
 * is the activity's own business.
 */
function scheduled(policy: Policy, activity: Name) {
  const party = PARTY_OF[activity];
  return proxyActivities<FulfilmentActivities>({
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
const execute = <N extends Name>(proxy: unknown, summary: string, input: Input<N>): Promise<Result<N>> =>
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

const isFinal = (error: unknown): boolean => {
  const cause = causeOf(error);
  return cause instanceof ApplicationFailure && cause.nonRetryable === true;
};

const reasonOf = (error: unknown): string => {
  const cause = causeOf(error);
  return cause instanceof Error ? cause.message : String(cause);
};
