import { ApplicationFailure, CancellationScope, isCancellation, sleep } from '@temporalio/workflow';
import type { Policy } from '../../contracts/policy';
import type { StuckResolution } from '../../contracts/workflow/decisions';
import type { Attempt } from '../../contracts/workflow/order';
import { stepKinds } from '../../domain/step-kinds';
import type { Activities, Name, Result } from '../sdk/activities';
import { isFenced, isFinal, isRefusal, reasonOf, whyOf } from '../sdk/failures';
import { StepFailed, StepFenced, StepGivenUp, type Step } from './step';
import type { Story } from './story';
import type { StuckSteps } from './stuck-steps';

type Ended<T> = { result: T } | { refusal: unknown };
type Done<T> = { result: T } | { freed: StuckResolution };

/**
 * Runs steps: a first attempt inside the worker, then retries on the party's queue, and a person is called if neither
 * helps. Tells each in the story.
 */
export class Runner {
  readonly #activities: Activities;
  readonly #story: Story;
  readonly #stuck: StuckSteps;
  readonly #policy: Policy;

  constructor(activities: Activities, story: Story, stuck: StuckSteps, policy: Policy) {
    this.#activities = activities;
    this.#story = story;
    this.#stuck = stuck;
    this.#policy = policy;
  }

  /**
   * Runs a step until it is done. Throws StepFailed for a refusal or an outlived fault, unless the step must succeed;
   * StepFenced if its step, leg or order is undone by now; StepGivenUp if a person decides that it is not done.
   *
   * @param first - what came of its first attempt, if that was made already
   * @param outcome - says in a few words what came of it
   */
  async run<N extends Name>(
    step: Step<N>,
    first?: Attempt<Result<N>>,
    outcome?: (result: Result<N>) => string,
  ): Promise<Result<N>> {
    this.#story.running(step);
    try {
      const result = await this.#untilDone(step, first);
      this.#story.done(step.id, outcome?.(result));
      return result;
    } catch (error) {
      this.#story.notDone(step.id);
      throw error;
    }
  }

  async #untilDone<N extends Name>(step: Step<N>, first?: Attempt<Result<N>>): Promise<Result<N>> {
    try {
      return await (first === undefined ? this.#activities.attempt(step) : resultOf(first));
    } catch (error) {
      if (isCancellation(error)) throw error;
      if (isFinal(error) && !isForPerson(step, error)) throw meaningOf(step, error);
      this.#story.troubled(step.id, isFinal(error) ? whyOf(error) : `${whyOf(error)}; it is retried`);
      return this.#persist(step, error);
    }
  }

  async #persist<N extends Name>(step: Step<N>, first: unknown): Promise<Result<N>> {
    let refusal = isFinal(first) ? first : undefined;
    for (;;) {
      const attempt = new CancellationScope({ cancellable: true });
      const ended = refusal === undefined ? this.#schedule(step, attempt) : Promise.resolve({ refusal });
      const outcome = await this.#untilEndedOrFreed(step, ended, whyOf(first));
      if ('result' in outcome) return outcome.result;
      attempt.cancel();
      const { action } = outcome.freed;
      // A write-off is read from the books by what follows.
      if (action === 'skip') await this.#stuck.settled();
      if (action !== 'retry') throw new StepGivenUp(outcome.freed);
      refusal = undefined;
    }
  }

  /** Resolves with a refusal that a person must see to; any other final failure is thrown. */
  async #schedule<N extends Name>(step: Step<N>, attempt: CancellationScope): Promise<Ended<Result<N>>> {
    try {
      return { result: await attempt.run(() => this.#activities.schedule(step)) };
    } catch (error) {
      if (isForPerson(step, error)) return { refusal: error };
      throw isFinal(error) ? meaningOf(step, error) : error;
    }
  }

  /** A person is called when the step was refused, or takes too long; it may still end by itself. */
  async #untilEndedOrFreed<T>(step: Step, ended: Promise<Ended<T>>, firstFault: string): Promise<Done<T>> {
    const early = await this.#withinPatience(ended);
    if (early !== undefined && 'result' in early) return early;
    const why = early === undefined ? `it keeps failing; first: ${firstFault}` : whyOf(early.refusal);
    const actions = step.actions ?? stepKinds[step.id.kind].actions;
    const freed = this.#stuck.raise(step, why, actions).then((resolution) => ({ freed: resolution }));
    const done = ended.then<Done<T>>((end) => ('result' in end ? end : freed));
    try {
      const outcome = await Promise.race([done, freed]);
      this.#stuck.lower(step.id, 'freed' in outcome ? outcome.freed : undefined);
      return outcome;
    } catch (error) {
      this.#stuck.lower(step.id);
      throw error;
    }
  }

  /** Undefined if it has not ended after the time that is given to a step before a person is called. */
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

async function resultOf<T>(attempt: Attempt<T>): Promise<T> {
  if ('result' in attempt) return attempt.result;
  throw ApplicationFailure.create(attempt.failure);
}

const isForPerson = (step: Step, error: unknown): boolean =>
  step.mustSucceed === true && isFinal(error) && !isFenced(error);

/** What a final failure means to the workflow; one outside the closed list is a bug of ours. */
function meaningOf({ id }: Step, error: unknown): Error {
  if (isFenced(error)) return new StepFenced(whyOf(error));
  const reason = reasonOf(error);
  if (reason !== undefined) return new StepFailed(id, reason, isRefusal(error), error);
  return new Error('a step failed in a way that no rule foresees', { cause: error });
}
