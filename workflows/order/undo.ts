import { CancellationScope, sleep } from '@temporalio/workflow';
import { chainsOf, type StepToUndo } from '../../domain/standing';
import type { Order } from './order';

/**
 * Undoes steps in two chains side by side, goods and money, each newest first. A step of which an attempt may still have
 * its effect is undone once more when none can any more. Never fails, and cannot be cancelled.
 */
export function undo(order: Order, steps: readonly StepToUndo[]): Promise<void> {
  return CancellationScope.nonCancellable(async () => {
    const again = steps.filter(({ mayStillHappen }) => mayStillHappen);
    const summary = 'Wait until no attempt that was under way can have an effect any more';
    const noneCan = again.length > 0 && sleep(order.input.policy.stepTimeoutMs, { summary });
    await Promise.all([inChains(order, steps), noneCan]);
    await inChains(order, again);
  });
}

async function inChains(order: Order, steps: readonly StepToUndo[]): Promise<void> {
  const inOrder = async (links: readonly StepToUndo[]) => {
    for (const link of links) await order.undo(link);
  };
  await Promise.all(
    chainsOf(steps).map(async ({ parcels, rest }) => {
      await Promise.all(parcels.map(inOrder));
      await inOrder(rest);
    }),
  );
}
