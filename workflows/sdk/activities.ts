import {
  ActivityCancellationType,
  type ActivityFunctionWithOptions,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
} from '@temporalio/workflow';
import type { FulfilmentActivities } from '../../activities';
import type { Policy } from '../../contracts/policy';
import { FULFILMENT_TASK_QUEUE, taskQueueOf } from '../../contracts/workflow/task-queues';
import { partyOf, stepName, type StepId } from '../../domain/step-kinds';
import { isFinal } from './failures';
import { LocalActivities } from './local-activities';

/** The name of an activity. */
export type Name = keyof FulfilmentActivities;
/** What an activity takes. */
export type Input<N extends Name> = Parameters<FulfilmentActivities[N]>[0];
/** What an activity returns. */
export type Result<N extends Name> = FulfilmentActivities[N] extends (...input: never) => Promise<infer R> ? R : never;

/** One call of an activity. */
export interface Call<N extends Name = Name> {
  /** The step that it is for; names its attempts in the Temporal UI and in the API. */
  id: StepId;
  /** Says in the Temporal UI what it does. */
  says: string;
  run: readonly [N, Input<N>];
}

/**
 * Calls the activities of one workflow, with the timings of its policy. A first attempt is made inside the workflow's own
 * worker, which spares the server's work. Only if that fails by a fault, the step is scheduled on its party's task queue,
 * where its retries can be seen. That both may run is harmless: the step ledger makes a step happen once.
 */
export class Activities {
  readonly #policy: Policy;
  readonly #local = new LocalActivities();
  readonly #scheduled = new Map<string, number>();

  constructor(policy: Policy) {
    this.#policy = policy;
  }

  /**
   * Makes a first attempt.
   *
   * @param attempts - how many attempts the activity makes in turn
   */
  attempt<N extends Name>({ says, run }: Pick<Call<N>, 'says' | 'run'>, attempts = 1): Promise<Result<N>> {
    const proxy = proxyLocalActivities<FulfilmentActivities>({
      startToCloseTimeout: attempts * this.#policy.firstTryTimeoutMs,
      retry: { maximumAttempts: 1 },
    });
    return this.#local.run(() => execute(proxy[run[0]], says, run[1]));
  }

  /**
   * Schedules a step on its task queue. It has a start-to-close timeout and no limit on attempts: patience is the
   * activity's own business.
   */
  schedule<N extends Name>({ id, says, run }: Call<N>): Promise<Result<N>> {
    const name = stepName(id);
    const times = (this.#scheduled.get(name) ?? 0) + 1;
    this.#scheduled.set(name, times);
    const party = partyOf(id.kind);
    const proxy = proxyActivities<FulfilmentActivities>({
      activityId: times === 1 ? name : `${name}~${times}`,
      taskQueue: party === undefined ? FULFILMENT_TASK_QUEUE : taskQueueOf(party),
      startToCloseTimeout: this.#policy.stepTimeoutMs,
      cancellationType: ActivityCancellationType.TRY_CANCEL,
      retry: {
        initialInterval: this.#policy.retryInitialIntervalMs,
        backoffCoefficient: 2,
        maximumInterval: this.#policy.retryMaxIntervalMs,
      },
    });
    return execute(proxy[run[0]], says, run[1]);
  }

  /** Calls an activity until it succeeds or fails for good, without a word in the order's story. */
  async quietly<N extends Name>(call: Call<N>): Promise<Result<N>> {
    try {
      return await this.attempt(call);
    } catch (error) {
      if (isCancellation(error) || isFinal(error)) throw error;
      return this.schedule(call);
    }
  }
}

/** The SDK's types cannot say that an activity's proxy takes that activity's own input. */
const execute = <N extends Name>(proxy: unknown, summary: string, input: Input<N>): Promise<Result<N>> =>
  (proxy as ActivityFunctionWithOptions<(input: Input<N>) => Promise<Result<N>>>).executeWithOptions({ summary }, [
    input,
  ]);
