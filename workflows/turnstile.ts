/** So many turns of the microtask queue, far more than any way of ours from one activity to the next takes. */
const TURNS = 200;

/**
 * Hands results on one at a time, each when all that followed from the one before has been done.
 *
 * Local activities that end one after the other resolve one after the other; replayed, the history has them resolve at
 * once (`temporalio/sdk-python#1881`). What follows from them would mix then, and the next ones be called in another
 * order than before.
 */
export class Turnstile {
  readonly #waiting: (() => void)[] = [];
  #turning = false;

  /** Resolves or rejects as `result` does, when its turn has come. */
  async pass<T>(result: Promise<T>): Promise<T> {
    try {
      return await result;
    } finally {
      await this.#itsTurn();
    }
  }

  #itsTurn(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (!this.#turning) void this.#turn();
    });
  }

  async #turn(): Promise<void> {
    this.#turning = true;
    // Those that resolve at once with the first are here after one turn.
    await Promise.resolve();
    for (let goOn = this.#waiting.shift(); goOn !== undefined; goOn = this.#waiting.shift()) {
      goOn();
      for (let turn = 0; turn < TURNS && this.#waiting.length > 0; turn += 1) await Promise.resolve();
    }
    this.#turning = false;
  }
}
