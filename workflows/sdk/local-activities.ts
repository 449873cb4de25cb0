import { CancellationScope, condition } from '@temporalio/workflow';

/**
 * Runs the local activities of one workflow.
 *
 * Their answers are handed on one at a time, each when all that followed from the one before has been done. Local
 * activities that end one after the other resolve one after the other; in a replay the history has them resolve at once
 * (`temporalio/sdk-python#1881`). What follows from them would mix then, and the next ones would be called in another
 * order than before.
 *
 * None is cancelled: to cancel a local activity that has just ended, before the workflow gets its answer, is an invalid
 * transition in the SDK's core. That fails the workflow task, and the other answers of the task are lost with it.
 *
 * The SDK takes a stack trace of each promise of a workflow, so this makes do with few.
 */
export class LocalActivities {
  readonly #shielded = new CancellationScope({ cancellable: false });
  readonly #answers: (() => void)[] = [];

  /** Waits for a local activity unless the current scope is cancelled; then the activity goes on, and its end is ignored. */
  run<T>(start: () => Promise<T>): Promise<T> {
    const scope = CancellationScope.current();
    if (scope.consideredCancelled) return scope.cancelRequested;
    return new Promise((resolve, reject) => {
      // A scope that cannot be cancelled rejects this promise on a request all the same.
      if (scope.cancellable) scope.cancelRequested.catch(reject);
      const tried = this.#shielded.run(start);
      const answered = () => this.#handOn(() => resolve(tried));
      tried.then(answered, answered);
    });
  }

  #handOn(answer: () => void): void {
    this.#answers.push(answer);
    // Those that resolve at once with the first are here after one turn of the microtask queue.
    if (this.#answers.length === 1) void Promise.resolve().then(() => this.#next());
  }

  #next(): void {
    this.#answers[0]?.();
    this.#answers.shift();
    if (this.#answers.length > 0) void this.#shielded.run(allIsDone).then(() => this.#next());
  }
}

/** Resolves when nothing is left to be done: neither at once, nor by those who waited for what was done. */
async function allIsDone(): Promise<void> {
  await microtasksDone();
  await microtasksDone();
}

/** Conditions are looked at again when the microtask queue is empty. */
async function microtasksDone(): Promise<void> {
  let isLater = false;
  const later = condition(() => isLater);
  isLater = true;
  await later;
}
