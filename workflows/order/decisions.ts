import { ApplicationFailure, CancellationScope, defineSignal, defineUpdate, setHandler } from '@temporalio/workflow';
import {
  CANCEL_ORDER,
  DECIDE_REVIEW,
  RESOLVE_STUCK_STEP,
  STOCK_ARRIVED,
  type CancelAnswer,
  type Decision,
  type ReviewDecision,
  type StuckResolution,
} from '../../contracts/workflow/order';
import type { StuckSteps } from '../step/stuck-steps';
import { Unwind } from './unwind';

/** Cancels the order, where that is still possible. */
export const cancelOrder = defineUpdate<CancelAnswer, [Decision]>(CANCEL_ORDER);
/** Frees a stuck step. */
export const resolveStuckStep = defineUpdate<void, [StuckResolution]>(RESOLVE_STUCK_STEP);
/** Lets an order in review go on, or refuses it. */
export const decideReview = defineUpdate<void, [ReviewDecision]>(DECIDE_REVIEW);
/** Stock arrived that a back-ordered order may have waited for. */
export const stockArrived = defineSignal(STOCK_ARRIVED);

/** What can be done about an order: `forward` until capture is scheduled, `unknown` while it is taken up again. */
type Phase = 'unknown' | 'forward' | 'undoing' | 'too late';

/** Who cancels in the Temporal UI is known to the Temporal service alone. */
const IN_THE_TEMPORAL_UI: Decision = { actor: { type: 'support', id: 'temporal-ui' }, noteId: null };

/**
 * What people and parties decide while the order goes on. The handlers only write down and never wait, so an answer
 * comes with the workflow task that hears the question.
 */
export class Decisions {
  /** Everything before the pivot runs in it; cancelled when the order is. */
  readonly forwardScope = new CancellationScope({ cancellable: true });
  review: ReviewDecision | undefined;
  /** Whether screening holds the order, so that a decision is due. */
  reviewDue = false;
  /** How often stock arrived. */
  arrivals = 0;
  #phase: Phase;
  #cancelled: Decision | undefined;

  /**
   * @param root - the workflow's own scope, which the Temporal UI cancels
   * @param recover - whether the order is taken up again, so that it is not known yet which way it goes
   */
  constructor(root: CancellationScope, stuck: StuckSteps, { recover }: { recover: boolean }) {
    this.#phase = recover ? 'unknown' : 'forward';
    setHandler(cancelOrder, (decision: Decision) => this.#cancel(decision), {
      validator: (decision: Decision) => this.#checkCancel(decision),
    });
    setHandler(resolveStuckStep, (resolution: StuckResolution) => stuck.resolve(resolution), {
      validator: (resolution: StuckResolution) => stuck.check(resolution),
    });
    setHandler(decideReview, (review: ReviewDecision) => void (this.review = review), {
      validator: (review: ReviewDecision) => this.#checkReview(review),
    });
    setHandler(stockArrived, () => void (this.arrivals += 1));
    root.cancelRequested.catch(() => this.#cancel(IN_THE_TEMPORAL_UI));
  }

  /** Why the order is undone, where a cancel was accepted, whatever else may have failed meanwhile. */
  unwindCancelled(): Unwind | undefined {
    const decision = this.#cancelled;
    if (decision === undefined) return undefined;
    return new Unwind(decision.actor.type === 'customer' ? 'cancelled_by_customer' : 'cancelled_by_staff', decision);
  }

  /** Throws where a cancel was accepted. */
  throwIfCancelled(): void {
    const unwind = this.unwindCancelled();
    if (unwind !== undefined) throw unwind;
  }

  /** From here on it is not known which way the order goes. */
  takenUp(): void {
    this.#phase = 'unknown';
  }

  /** From here on the order is undone, and cannot be cancelled again. */
  undoing(): void {
    this.#phase = 'undoing';
  }

  /** From here on it is too late to cancel. */
  tooLate(): void {
    this.#phase = 'too late';
  }

  #checkCancel({ actor }: Decision): void {
    if (this.#phase !== 'unknown') return;
    const message = `cannot cancel for ${actor.type} ${actor.id} yet: the order is being taken up again; ask once more in a moment`;
    throw ApplicationFailure.create({ type: 'TakenUpAgain', message, nonRetryable: true });
  }

  #cancel(decision: Decision): CancelAnswer {
    if (this.#phase === 'too late') return { outcome: 'too_late' };
    if (this.#phase !== 'forward') return { outcome: 'already_cancelling' };
    this.#cancelled = decision;
    this.undoing();
    this.forwardScope.cancel();
    return { outcome: 'accepted' };
  }

  #checkReview({ decision }: ReviewDecision): void {
    if (this.reviewDue && this.review === undefined) return;
    const message = `cannot ${decision}: ${this.review ? 'the order was decided on already' : 'the order is not in review'}`;
    throw ApplicationFailure.create({ type: 'NotInReview', message, nonRetryable: true });
  }
}
