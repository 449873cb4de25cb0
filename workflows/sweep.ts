import { proxyActivities } from '@temporalio/workflow';
import type { SweepActivities } from '../activities/sweeps/sweeps';

/** How many a sweep found of each kind, or why it could not look. */
export type SweepResult = Record<keyof SweepActivities, number | string>;

/** A worker that dies in the middle of a sweep is noticed by its heartbeat, so that the next one is not long in coming. */
const sweeps = proxyActivities<SweepActivities>({
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '15 seconds',
  retry: { maximumAttempts: 2 },
});

/** What each sweep does, as the Temporal UI shows it. */
const SAYS = {
  recoverOrders: 'Recover orders without a run, and signal runs that lag their books',
  recoverReturns: 'Start or recover returns without a run',
  closeSurplusRuns: 'Close runs of orders that are at rest',
  undoLateEffects: 'Undo effects that came late',
  settleDecisions: 'Send decisions again that were not answered',
  sendOverdueMessages: 'Send messages that are overdue',
  trackOverdueParcels: 'Ask carriers about parcels that were not scanned for long',
  wakeBackordered: 'Tell orders that stock has arrived for them',
} as const satisfies Record<keyof SweepActivities, string>;

/**
 * Finds and repairs what a crash or an outage left over, as a schedule starts it. One kind that cannot be swept does not keep
 * the others from it, and the next sweep looks again.
 */
export async function sweep(): Promise<SweepResult> {
  const names = Object.keys(SAYS) as (keyof SweepActivities)[];
  const swept = names.map(async (name) => [
    name,
    await orWhy(sweeps[name].executeWithOptions({ summary: SAYS[name] }, [])),
  ]);
  return Object.fromEntries(await Promise.all(swept)) as SweepResult;
}

const orWhy = (swept: Promise<number>): Promise<number | string> =>
  swept.catch((error: unknown) =>
    error instanceof Error ? `${error.message}: ${String(error.cause)}` : String(error),
  );
