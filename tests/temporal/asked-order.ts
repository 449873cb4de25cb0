import {
  ApplicationFailure,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  proxyActivities,
  setHandler,
} from '@temporalio/workflow';
import { refusals, type Decision, type StuckResolution } from '../../contracts/workflow/decisions';

export const received = defineQuery<Decision[]>('received');
export const end = defineSignal('end');
export const pay = defineSignal('pay');

/**
 * A workflow with the Updates of an order and nothing else: the first cancel is accepted, `authorise-payment` is stuck and
 * may be tried again, and a review is decided only when the order ends.
 */
export async function askedOrder(): Promise<void> {
  const decisions: Decision[] = [];
  const state = { ended: false };
  setHandler(received, () => decisions);
  setHandler(end, () => void (state.ended = true));
  setHandler(pay, () => void payment().authorise());
  setHandler(
    defineUpdate<{ outcome: 'accepted' }, [Decision]>('cancelOrder'),
    (decision) => {
      decisions.push(decision);
      return { outcome: 'accepted' };
    },
    {
      validator: ({ actor }: Decision) =>
        refuse(decisions.length > 0, refusals.alreadyCancelling, `it is being undone, ${actor.type}`),
    },
  );
  setHandler(
    defineUpdate<void, [StuckResolution]>('resolveStuckStep'),
    (resolution) => void decisions.push(resolution),
    {
      validator: ({ step, action }) => {
        refuse(step !== 'authorise-payment', refusals.notDue, 'stuck is authorise-payment', 'step');
        refuse(action !== 'retry', refusals.notReady, 'use retry');
      },
    },
  );
  setHandler(defineUpdate<void, [Decision]>('decideReview'), () => condition(() => false));
  await condition(() => state.ended);
}

function refuse(isRefused: boolean, type: string, message: string, field?: string): void {
  if (!isRefused) return;
  const details = field === undefined ? [] : [{ field }];
  throw ApplicationFailure.create({ type, message, nonRetryable: true, details });
}

const payment = () =>
  proxyActivities<Record<'authorise', () => Promise<void>>>({
    activityId: 'authorise-payment~2',
    startToCloseTimeout: '1 minute',
    retry: { initialInterval: '1 hour' },
  });
