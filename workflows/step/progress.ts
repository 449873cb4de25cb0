import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { Reason } from '../../contracts/failures';
import type { StuckAction } from '../../contracts/workflow/order';
import { searchAttributes } from '../../contracts/workflow/search-attributes';
import type { OrderStatus } from '../../domain/order-status';
import { renderDetails, type StepRow, type StepState, type StuckRow } from './current-details';

/** The statuses in which an order waits, and by which support looks for it. */
const WAITS: readonly OrderStatus[] = ['in_review', 'awaiting_stock', 'pending_retry'];

/** The order's story as it is told in the Temporal UI: current details, search attributes and the call for a person. */
export class Progress {
  readonly #rows = new Map<string, StepRow>();
  readonly #stuck = new Map<string, StuckRow>();
  readonly #orderId: string;
  readonly #facts: string[];
  #status: OrderStatus = 'created';
  #reason: Reason | undefined;

  /** @param fact - a line that stands above the table of steps */
  constructor(orderId: string, fact: string) {
    this.#orderId = orderId;
    this.#facts = [fact];
    this.#show();
  }

  /** The order's status as it was last told. */
  get status(): OrderStatus {
    return this.#status;
  }

  /** Adds a line above the table of steps. */
  tell(fact: string): void {
    this.#facts.push(fact);
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
    row.outcome = why;
    this.#show();
  }

  /** Runs the undo of a step and tells of it. */
  async undo(step: string, run: () => Promise<'undone' | 'written off'>): Promise<void> {
    const before = this.#rows.get(step)?.state;
    this.#mark(step, 'undoing');
    const end = await run();
    const nothing = before === 'not done' || before === 'nothing left';
    this.#mark(step, end === 'undone' && nothing ? 'nothing left' : end);
  }

  /**
   * The order has moved; `searchable` where support looks for that status. Support also finds it no more by one in which it
   * waited.
   */
  moved(status: OrderStatus, { reason, searchable = false }: { reason?: Reason; searchable?: boolean } = {}): void {
    const goesOn = WAITS.includes(this.#status) && this.#status !== status;
    this.#status = status;
    if (reason !== undefined) this.#reason = reason;
    if (searchable || goesOn) {
      upsertSearchAttributes([
        { key: searchAttributes.orderStatus, value: status },
        ...(reason === undefined ? [] : [{ key: searchAttributes.failureReason, value: reason }]),
      ]);
    }
    this.#show();
  }

  /** A step needs a person. */
  raise(step: string, { why, actions }: { why: string; actions: readonly StuckAction[] }): void {
    this.#stuck.set(step, { step, why, actions });
    this.#callForPerson();
  }

  /** Tells since when a step needs a person. */
  stuckSince(step: string, since: string): void {
    const row = this.#stuck.get(step);
    if (row === undefined) return;
    row.since = since;
    this.#show();
  }

  /** A step needs no person any more. */
  lower(step: string): void {
    this.#stuck.delete(step);
    this.#callForPerson();
  }

  /** The attribute holds one step: where several are stuck, the one that was first. */
  #callForPerson(): void {
    const [first] = this.#stuck.keys();
    upsertSearchAttributes([
      { key: searchAttributes.needsAttention, value: first !== undefined },
      { key: searchAttributes.stuckStep, value: first ?? null },
    ]);
    this.#show();
  }

  #mark(step: string, state: StepState, told: { what?: string; outcome?: string } = {}): void {
    const what = told.what ?? this.#rows.get(step)?.what ?? step;
    this.#rows.set(step, { step, state, ...told, what });
    this.#show();
  }

  #show(): void {
    setCurrentDetails(
      renderDetails({
        orderId: this.#orderId,
        status: this.#status,
        reason: this.#reason,
        facts: this.#facts,
        rows: [...this.#rows.values()],
        stuck: [...this.#stuck.values()],
      }),
    );
  }
}
