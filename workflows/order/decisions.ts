import { ApplicationFailure, CancellationScope, defineSignal, setHandler } from '@temporalio/workflow';
import type { Reason } from '../../contracts/failures';
import { refusals, type Decision, type ReviewDecision } from '../../contracts/workflow/decisions';
import { BOOKS_MOVED } from '../../contracts/workflow/order';
import type { OrderStatus } from '../../domain/order-status';
import { onUpdate } from '../sdk/updates';

/** Why an order is stopped, as the workflow itself found or a person decided. */
export class Stopped extends Error {
  override readonly name = 'Stopped';

  constructor(
    readonly reason: Reason,
    readonly decision?: Decision,
  ) {
    super(`the order is stopped: ${reason}`);
  }
}

/** What can be done about an order now: `asking` while the run does not know yet how the order stands. */
type Phase = 'asking' | 'forward' | 'undoing' | 'too late';

/** Who cancels in the Temporal UI is known to the Temporal service alone. */
const IN_THE_TEMPORAL_UI: Decision = { actor: { type: 'support', id: 'temporal-ui' }, noteId: null };

/**
 * What people and parties decide while the order goes on. The handlers only record it and never wait, so an answer comes
 * with the workflow task that brings the question.
 */
export class Decisions {
  review: ReviewDecision | undefined;
  /** Whether screening holds the order, so that a review is due. */
  isReviewDue = false;
  /** Whether the books have news that this run has not asked for yet. */
  hasNews = false;
  #phase: Phase;
  #cancelled: Decision | undefined;
  #forward: CancellationScope | undefined;

  readonly #status: () => OrderStatus;

  /**
   * @param root - the workflow's own scope, which the Temporal UI cancels
   * @param status - the status that this run has reached
   * @param phase - which decisions can be taken from the start: also those that arrived before this run
   */
  constructor(root: CancellationScope, status: () => OrderStatus, phase: Phase) {
    this.#status = status;
    this.#phase = phase;
    onUpdate('cancelOrder', { check: () => this.#checkCancel(), take: (decision) => this.#cancel(decision) });
    onUpdate('decideReview', {
      check: (decision) => this.#checkReview(decision),
      take: (decision) => void (this.review ??= decision),
    });
    setHandler(defineSignal(BOOKS_MOVED), () => void (this.hasNews = true), {
      description: 'Says that the books have news; the run asks them. No payload.',
    });
    root.cancelRequested.catch(() => {
      if (this.#phase === 'forward' || this.#phase === 'asking') this.#cancel(IN_THE_TEMPORAL_UI);
    });
  }

  /** Runs what can be cancelled. Throws at once if a cancel is accepted meanwhile; what is under way is cancelled then. */
  async untilCancelled(run: () => Promise<void>): Promise<void> {
    const scope = new CancellationScope({ cancellable: true });
    this.#forward = scope;
    try {
      if (this.#cancelled !== undefined) scope.cancel();
      await Promise.race([scope.run(run), scope.cancelRequested]);
      if (this.#cancelled !== undefined) throw new Stopped('cancelled_by_staff');
    } catch (error) {
      scope.cancel();
      throw error;
    }
  }

  /** Why the order is stopped if a cancel was accepted since this was last asked, whatever else may have failed. */
  takeCancel(): Stopped | undefined {
    const decision = this.#cancelled;
    this.#cancelled = undefined;
    if (decision === undefined) return undefined;
    return new Stopped(decision.actor.type === 'customer' ? 'cancelled_by_customer' : 'cancelled_by_staff', decision);
  }

  /** Sets which decisions can be taken from here on. */
  enter(phase: Phase): void {
    this.#phase = phase;
    if (phase === 'asking') this.hasNews = false;
    if (phase === 'undoing' || phase === 'too late') this.#cancelled = undefined;
  }

  #checkCancel(): void {
    if (this.#phase === 'forward') return;
    const [type, message] = {
      asking: [refusals.notReady, 'How the order stands is being read: ask again in a moment.'],
      undoing: [refusals.alreadyCancelling, 'The order is being undone already.'],
      'too late': [refusals.tooLate, 'The payment is captured or about to be: return the order once it is delivered.'],
    }[this.#phase] as [string, string];
    throw ApplicationFailure.create({ type, message, nonRetryable: true });
  }

  #cancel(decision: Decision): { outcome: 'accepted' | 'already_cancelling' } {
    if (this.#cancelled !== undefined) return { outcome: 'already_cancelling' };
    this.#cancelled = decision;
    this.#forward?.cancel();
    return { outcome: 'accepted' };
  }

  #checkReview({ decision }: ReviewDecision): void {
    if (this.isReviewDue && this.review === undefined) return;
    if (this.#status() === 'created') {
      const message = 'The order is not screened yet, as far as this run knows: ask again in a moment.';
      throw ApplicationFailure.create({ type: refusals.notReady, message, nonRetryable: true });
    }
    const why = this.review ? 'somebody has decided already' : 'the order is not in review';
    const details = [{ field: 'decision' }];
    throw ApplicationFailure.create({
      type: refusals.notDue,
      message: `cannot ${decision}: ${why}`,
      nonRetryable: true,
      details,
    });
  }
}
