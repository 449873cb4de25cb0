import { Stopped } from '../decisions';
import { turnOf } from '../../step/turn';
import type { DueStep } from '../in-turn';
import type { Order } from '../order';

/** Checks the order and has it screened; if screening holds it, waits until staff decide. Nothing to undo. */
export const validate: DueStep = (order) => {
  if (order.now.status !== 'created' && order.now.status !== 'in_review') return undefined;
  const step = {
    id: { kind: 'validate' },
    says: 'Check the order against the catalogue and screen it',
    run: ['validateOrder', { ...order.ref(), reviewMs: order.input.policy.reviewMs }],
  } as const;
  const isPassed = { verdict: 'passed' };
  return turnOf(
    step,
    async (first) => {
      const { verdict, heldForMs } = await order.take(step, { first });
      if (verdict === 'review') await awaitReview(order, heldForMs);
      order.moved('validated');
    },
    isPassed,
  );
};

async function awaitReview(order: Order, heldForMs: number): Promise<void> {
  const { decisions } = order;
  order.moved('in_review');
  decisions.isReviewDue = true;
  try {
    await order.wait(() => decisions.review !== undefined, { ms: heldForMs, says: 'Wait until staff decide' });
  } finally {
    decisions.isReviewDue = false;
  }
  const { review } = decisions;
  if (review === undefined) throw new Stopped('review_expired');
  if (review.decision === 'reject') throw new Stopped('screening_refused', review);
  const says = 'Record that staff approved the order';
  await order.take({ id: { kind: 'review' }, says, run: ['approveReview', { ...order.ref(), review }] });
}
