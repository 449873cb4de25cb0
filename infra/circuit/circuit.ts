import {
  BrokenCircuitError,
  circuitBreaker,
  CircuitState,
  ConsecutiveBreaker,
  handleType,
  TaskCancelledError,
  timeout,
  TimeoutStrategy,
  type CircuitBreakerPolicy,
  type TimeoutPolicy,
} from 'cockatiel';
import type { CircuitOptions, CircuitReport } from './options';
import { CallFailed, Trial } from './trial';

const stateNames = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.Open]: 'open',
  [CircuitState.HalfOpen]: 'half_open',
  [CircuitState.Isolated]: 'open',
} as const;

/** Keeps calls from a party that keeps failing. See docs/adr/0030-circuit-breaker.md. */
export class Circuit {
  private readonly breaker: CircuitBreakerPolicy;
  private readonly patience: TimeoutPolicy;
  private trial: Trial | undefined;
  private sinceMs = Date.now();

  constructor(private readonly options: CircuitOptions) {
    this.breaker = circuitBreaker(handleType(CallFailed), {
      halfOpenAfter: options.halfOpenAfterMs,
      breaker: new ConsecutiveBreaker(options.openAfter),
    });
    this.patience = timeout(options.callTimeoutMs, TimeoutStrategy.Aggressive).dangerouslyUnref();
    this.breaker.onStateChange((state) => {
      if (state !== CircuitState.HalfOpen) this.endTrial();
      this.sinceMs = Date.now();
      options.onChange?.(this.report());
    });
  }

  report(): CircuitReport {
    return { party: this.options.party, state: stateNames[this.breaker.state], since: new Date(this.sinceMs) };
  }

  /**
   * Performs the call and answers as it does, however late; throws the refusal at once, without performing it, while the
   * circuit is open or has no place for another probe.
   */
  async call<T>(perform: () => Promise<T>): Promise<T> {
    let answer: Promise<T> | undefined;
    await this.count(() => {
      answer = Promise.resolve().then(perform);
      return this.verdictOn(answer);
    });
    return answer as Promise<T>;
  }

  /** Lets a call through and resolves when its verdict is counted, or throws the refusal. */
  private async count(verdict: () => Promise<void>): Promise<void> {
    if (this.trial?.full) throw this.refusal();
    if (this.trial) return this.trial.probe(verdict());
    if (this.breaker.state === CircuitState.Closed) return this.throughBreaker(verdict);
    return this.startTrial(verdict);
  }

  /** To the library a trial is a single call, which lasts until its probes have decided it. */
  private async startTrial(verdict: () => Promise<void>): Promise<void> {
    const trial = new Trial(this.options.closeAfter);
    const probes: Promise<void>[] = [];
    trial.applied = this.throughBreaker(() => {
      this.trial = trial;
      probes.push(trial.probe(verdict()));
      return trial.outcome;
    });
    return Promise.race([...probes, trial.applied]);
  }

  private async throughBreaker(test: () => Promise<void>): Promise<void> {
    try {
      await this.breaker.execute(test);
    } catch (error) {
      if (error instanceof BrokenCircuitError) throw this.refusal();
    }
  }

  private async verdictOn(answer: Promise<unknown>): Promise<void> {
    try {
      await this.patience.execute(() => answer);
    } catch (error) {
      const verdict = error instanceof TaskCancelledError ? 'failure' : this.options.judge(error);
      if (verdict === 'failure') throw new CallFailed(this.options.party, { cause: error });
      if (verdict === 'neither') throw error;
    }
  }

  private endTrial(): void {
    this.trial?.abandon();
    this.trial = undefined;
  }

  private refusal(): Error {
    const { party, calledPlainly = party, openAfter, halfOpenAfterMs, refusal } = this.options;
    const failed = `${calledPlainly} failed ${openAfter} times running`;
    if (this.trial) return refusal(`${failed}, and others try already whether it is back (circuit half-open)`);
    const seconds = Math.ceil((this.sinceMs + halfOpenAfterMs - Date.now()) / 1000);
    return refusal(`${failed}, so it is left alone for ${seconds} s (circuit open)`);
  }
}
