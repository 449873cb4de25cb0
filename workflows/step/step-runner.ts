import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';
import type { Policy } from '../../contracts/policy';
import type { StuckAction, StuckResolution } from '../../contracts/workflow/order';
import type { Caller } from '../sdk/activity-proxies';
import type { Call, Name, Result } from '../sdk/calls';
import { isFinal, whyOf } from '../sdk/failures';
import type { Progress } from './progress';
import type { StuckSteps } from './stuck-steps';

/** How a step meets what keeps it from being done. */
export interface Manners {
  /** What a person may do when it is stuck. */
  actions: readonly StuckAction[];
  /** Whether a refusal is for a person, or is thrown. */
  refusal: 'stuck' | 'thrown';
}

/** A step before the pivot: its refusal unwinds the order. */
export const FORWARD: Manners = { actions: ['retry'], refusal: 'thrown' };
/** An undo: it must succeed, or be written off. */
export const UNDO: Manners = { actions: ['retry', 'skip'], refusal: 'stuck' };
/** A step after the pivot: it must succeed. */
export const PAST_PIVOT: Manners = { actions: ['retry'], refusal: 'stuck' };

/** A person decided that a stuck step is not done: it is skipped, or refunded. */
export class GivenUp extends Error {
  override readonly name = 'GivenUp';

  constructor(readonly resolution: StuckResolution) {
    super(`${resolution.step} was given up: ${resolution.action}`);
  }
}

type Ended<T> = { result: T } | { refusal: unknown };
type Done<T> = { result: T } | { freed: StuckResolution };

/** Runs steps: each is tried once at hand, then on its party's queue, and calls a person where that does not help. */
export class StepRunner {
  readonly #caller: Caller;
  readonly #progress: Progress;
  readonly #stuck: StuckSteps;
  readonly #policy: Policy;
  readonly #onFault: () => void;

  /** @param onFault - hears of each step whose first try failed by a fault, so that the order may take a while */
  constructor(caller: Caller, progress: Progress, stuck: StuckSteps, policy: Policy, onFault: () => void) {
    this.#caller = caller;
    this.#progress = progress;
    this.#stuck = stuck;
    this.#policy = policy;
    this.#onFault = onFault;
  }

  /** Throws the step's refusal where its manners say so, a fault that outlived patience, and GivenUp. */
  async run<N extends Name>(call: Call<N>, manners: Manners): Promise<Result<N>> {
    try {
      return await this.#caller.tryOnce(call);
    } catch (error) {
      if (isCancellation(error) || (isFinal(error) && manners.refusal === 'thrown')) throw error;
      this.#progress.troubled(call.step, isFinal(error) ? whyOf(error) : `${whyOf(error)}; tried again`);
      this.#onFault();
      return this.#persist(call, manners, error);
    }
  }

  async #persist<N extends Name>(call: Call<N>, manners: Manners, first: unknown): Promise<Result<N>> {
    let refusal = isFinal(first) ? first : undefined;
    for (;;) {
      const attempt = new CancellationScope({ cancellable: true });
      const ended = refusal === undefined ? this.#schedule(call, manners, attempt) : Promise.resolve({ refusal });
      const outcome = await this.#untilEndedOrFreed(call.step, ended, manners, whyOf(first));
      if ('result' in outcome) return outcome.result;
      attempt.cancel();
      if (outcome.freed.action !== 'retry') throw new GivenUp(outcome.freed);
      refusal = undefined;
    }
  }

  /** Never rejects for a refusal that a person must see to. */
  async #schedule<N extends Name>(
    call: Call<N>,
    manners: Manners,
    attempt: CancellationScope,
  ): Promise<Ended<Result<N>>> {
    try {
      return { result: await attempt.run(() => this.#caller.schedule(call)) };
    } catch (error) {
      if (manners.refusal === 'stuck' && isFinal(error)) return { refusal: error };
      throw error;
    }
  }

  /** A person is called when the step was refused, or goes on for too long; it may still end by itself. */
  async #untilEndedOrFreed<T>(
    step: string,
    ended: Promise<Ended<T>>,
    { actions }: Manners,
    firstFault: string,
  ): Promise<Done<T>> {
    const early = await this.#withinPatience(ended);
    if (early !== undefined && 'result' in early) return early;
    const why = early === undefined ? `it keeps failing; first: ${firstFault}` : whyOf(early.refusal);
    const freed = this.#stuck.raise(step, why, actions).then((resolution) => ({ freed: resolution }));
    const done = ended.then<Done<T>>((end) => ('result' in end ? end : freed));
    try {
      const outcome = await Promise.race([done, freed]);
      this.#stuck.lower(step, 'freed' in outcome ? outcome.freed : undefined);
      return outcome;
    } catch (error) {
      this.#stuck.lower(step);
      throw error;
    }
  }

  /** Undefined where it has not ended after the time that is given to a step before a person is called. */
  async #withinPatience<T>(ended: Promise<Ended<T>>): Promise<Ended<T> | undefined> {
    const watch = new CancellationScope({ cancellable: true });
    const timeUp = watch
      .run(() => sleep(this.#policy.attentionAfterMs, { summary: 'Call a person if it takes longer' }))
      .then(() => undefined);
    timeUp.catch(() => undefined);
    try {
      return await Promise.race([ended, timeUp]);
    } finally {
      watch.cancel();
    }
  }
}
