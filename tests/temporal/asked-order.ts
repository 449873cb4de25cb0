import {
  ApplicationFailure,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  proxyActivities,
  setHandler,
} from '@temporalio/workflow';
import { CANCEL_ORDER, DECIDE_REVIEW, RESOLVE_STUCK_STEP } from '../../contracts/workflow/order';
import type { CancelAnswer, Decision, ReviewDecision, StuckResolution } from '../../contracts/workflow/order';

export const received = defineQuery<Decision[]>('received');
export const end = defineSignal('end');
export const pay = defineSignal('pay');

/**
 * A workflow with the Updates of an order and nothing else: cancelling is accepted, `authorise-payment` is stuck and may
 * be tried again, and a review is decided only when the order ends.
 */
export async function askedOrder(): Promise<void> {
  const decisions: Decision[] = [];
  const state = { ended: false };
  setHandler(received, () => decisions);
  setHandler(end, () => void (state.ended = true));
  setHandler(pay, () => void payment().authorise());
  setHandler(defineUpdate<CancelAnswer, [Decision]>(CANCEL_ORDER), (decision) => {
    decisions.push(decision);
    return { outcome: decisions.length === 1 ? 'accepted' : 'already_cancelling' };
  });
  setHandler(
    defineUpdate<void, [StuckResolution]>(RESOLVE_STUCK_STEP),
    (resolution) => void decisions.push(resolution),
    { validator: ({ step, action }) => check(step, action) },
  );
  setHandler(defineUpdate<void, [ReviewDecision]>(DECIDE_REVIEW), () => condition(() => false));
  await condition(() => state.ended);
}

function check(step: string, action: string): void {
  if (step !== 'authorise-payment') {
    throw ApplicationFailure.create({ message: 'stuck is authorise-payment', details: [{ field: 'step' }] });
  }
  if (action !== 'retry') throw ApplicationFailure.create({ message: 'use retry' });
}

const payment = () =>
  proxyActivities<Record<'authorise', () => Promise<void>>>({
    activityId: 'authorise-payment~2',
    startToCloseTimeout: '1 minute',
    retry: { initialInterval: '1 hour' },
  });
