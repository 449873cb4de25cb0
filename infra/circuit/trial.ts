/** A call that counts as a failure of the one that was called. */
export class CallFailed extends Error {
  override readonly name = 'CallFailed';
}

/**
 * The test of a half-open circuit: probes, no more at a time than successes are still missing. It succeeds when enough
 * of them did, and fails with the first that does.
 */
export class Trial {
  /** Resolves if the trial succeeds, rejects with a {@link CallFailed} if it fails. */
  readonly outcome: Promise<void>;
  /** Resolves once the circuit has acted upon the outcome. */
  applied: Promise<void> = Promise.resolve();
  private succeed!: () => void;
  private fail!: (failure: CallFailed) => void;
  private running = 0;
  private decided = false;

  /** @param missing - how many successes it takes */
  constructor(private missing: number) {
    this.outcome = new Promise((resolve, reject) => {
      this.succeed = resolve;
      this.fail = reject;
    });
    this.outcome.catch(() => undefined);
  }

  /** Whether there is no place for another probe now. */
  get full(): boolean {
    return this.decided || this.running >= this.missing;
  }

  /**
   * Takes a probe in and resolves when it is counted; one that ends in neither a success nor a failure gives its place
   * to another.
   */
  async probe(verdict: Promise<void>): Promise<void> {
    this.running++;
    try {
      await verdict;
      this.missing--;
      if (this.missing === 0) this.decide(this.succeed);
    } catch (error) {
      if (error instanceof CallFailed) this.decide(() => this.fail(error));
    } finally {
      this.running--;
    }
    if (this.decided) await this.applied;
  }

  /** Ends a trial that came to nothing, so that probes which are still running decide no later one. */
  abandon(): void {
    this.decide(() => this.fail(new CallFailed('the circuit opened meanwhile')));
  }

  private decide(settle: () => void): void {
    this.decided = true;
    settle();
  }
}
