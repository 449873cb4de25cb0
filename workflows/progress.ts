import { CancellationScope, condition, setCurrentDetails, sleep, upsertSearchAttributes } from '@temporalio/workflow';
import type { Reason } from '../contracts/failures';
import { searchAttributes } from '../contracts/search-attributes';
import type { OrderStatus } from '../domain/order-status';
import { renderDetails, type StepRow, type StepState } from './current-details';

interface WatchedRow extends StepRow {
  /** How many ticks of the watch it has been under way. */
  ticks: number;
}

/** The watch looks this often during the time after which a step counts as stuck. */
const TICKS_TO_ATTENTION = 3;

/** The order's story as it is told in the Temporal UI: current details, search attributes and the call for a person. */
export class Progress {
  readonly #rows = new Map<string, WatchedRow>();
  readonly #facts: readonly string[];
  #status: OrderStatus = 'created';
  #reason: Reason | undefined;
  #stuck: string | undefined;

  /** @param facts - lines that stand above the table of steps */
  constructor(facts: readonly string[]) {
    this.#facts = facts;
    this.#show();
  }

  /**
   * Runs a step and tells of it.
   *
   * @param what - in plain words, what it does
   * @param outcome - in a few words, what came of it
   */
  async step<T>(step: string, what: string, run: () => Promise<T>, outcome?: (result: T) => string): Promise<T> {
    this.#mark(step, 'running', { what });
    try {
      const result = await run();
      this.#mark(step, 'done', { what, ...(outcome && { outcome: outcome(result) }) });
      return result;
    } catch (error) {
      this.#mark(step, 'not done', { what });
      throw error;
    }
  }

  /** Tells why a step that goes on has not succeeded yet. */
  troubled(step: string, why: string): void {
    const row = this.#rows.get(step);
    if (row === undefined) return;
    row.outcome = `${why}; tried again`;
    this.#show();
  }

  /** Runs the undo of a step and tells of it. */
  async undo(step: string, run: () => Promise<void>): Promise<void> {
    const before = this.#rows.get(step)?.state;
    this.#mark(step, 'undoing');
    await run();
    this.#mark(step, before === 'not done' || before === 'nothing left' ? 'nothing left' : 'undone');
  }

  /** The order has moved; `searchable` where support looks for that status. */
  moved(status: OrderStatus, { reason, searchable = false }: { reason?: Reason; searchable?: boolean } = {}): void {
    this.#status = status;
    if (reason !== undefined) this.#reason = reason;
    if (searchable) {
      upsertSearchAttributes([
        { key: searchAttributes.orderStatus, value: status },
        ...(reason === undefined ? [] : [{ key: searchAttributes.failureReason, value: reason }]),
      ]);
    }
    this.#show();
  }

  /**
   * Watches over `run`: while it goes on, a step that is under way for longer than `attentionAfterMs` raises
   * `NeedsAttention`, and its end lowers it.
   */
  async watch<T>(attentionAfterMs: number, run: () => Promise<T>): Promise<T> {
    const watch = new CancellationScope({ cancellable: true });
    const ticking = watch.run(async () => {
      for (;;) {
        await sleep(Math.ceil(attentionAfterMs / TICKS_TO_ATTENTION), { summary: 'Look for a stuck step' });
        this.#tick();
        // A person is called: there is nothing to look for until the step moves, and the history need not grow.
        await condition(() => this.#stuck === undefined);
      }
    });
    ticking.catch(() => undefined);
    try {
      return await run();
    } finally {
      watch.cancel();
    }
  }

  #tick(): void {
    for (const row of this.#rows.values()) {
      if (row.state !== 'running' && row.state !== 'undoing') continue;
      row.ticks += 1;
      if (row.ticks >= TICKS_TO_ATTENTION && this.#stuck === undefined) this.#raise(row.step);
    }
  }

  #raise(step: string): void {
    this.#stuck = step;
    upsertSearchAttributes([
      { key: searchAttributes.needsAttention, value: true },
      { key: searchAttributes.stuckStep, value: step },
    ]);
    this.#show();
  }

  #lower(): void {
    this.#stuck = undefined;
    upsertSearchAttributes([
      { key: searchAttributes.needsAttention, value: false },
      { key: searchAttributes.stuckStep, value: null },
    ]);
  }

  #mark(step: string, state: StepState, told: { what?: string; outcome?: string } = {}): void {
    const what = told.what ?? this.#rows.get(step)?.what ?? step;
    this.#rows.set(step, { step, state, ...told, what, ticks: 0 });
    if (this.#stuck === step) this.#lower();
    this.#show();
  }

  #show(): void {
    const rows = [...this.#rows.values()];
    setCurrentDetails(
      renderDetails({ status: this.#status, reason: this.#reason, facts: this.#facts, rows, stuck: this.#stuck }),
    );
  }
}
