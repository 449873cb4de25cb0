import { proxyActivities } from '@temporalio/workflow';
import type { ReturnSweepActivities } from '../activities/sweeps/sweep-returns';
import type { SweepActivities } from '../activities/sweeps/sweeps';

/** What a sweep took up of each kind, or why it could not. */
export interface SweepResult {
  unstarted: number | string;
  stopped: number | string;
  messages: number | string;
  scans: number | string;
  backorders: number | string;
  returns: number | string;
}

const {
  startUnstarted,
  resumeStopped,
  sendOverdueMessages,
  trackOverdueParcels,
  wakeBackordered,
  startUnstartedReturns,
} = proxyActivities<SweepActivities & ReturnSweepActivities>({
  startToCloseTimeout: '5 minutes',
  retry: { maximumAttempts: 2 },
});

/**
 * Sweeps up what a crash or an outage left over, as a schedule starts it. One kind that cannot be swept does not keep the
 * others from it, and the next sweep tries again.
 */
export async function sweep(): Promise<SweepResult> {
  const [unstarted, stopped, messages, scans, backorders, returns] = await Promise.all([
    orWhy(startUnstarted.executeWithOptions({ summary: 'Start accepted orders that have no workflow' }, [])),
    orWhy(resumeStopped.executeWithOptions({ summary: 'Take up orders whose workflow was stopped' }, [])),
    orWhy(sendOverdueMessages.executeWithOptions({ summary: 'Send messages that are overdue' }, [])),
    orWhy(trackOverdueParcels.executeWithOptions({ summary: 'Ask carriers about parcels not heard of' }, [])),
    orWhy(wakeBackordered.executeWithOptions({ summary: 'Wake orders that stock has arrived for' }, [])),
    orWhy(startUnstartedReturns.executeWithOptions({ summary: 'Start or take up returns without a workflow' }, [])),
  ]);
  return { unstarted, stopped, messages, scans, backorders, returns };
}

const orWhy = (swept: Promise<number>): Promise<number | string> =>
  swept.catch((error: unknown) =>
    error instanceof Error ? `${error.message}: ${String(error.cause)}` : String(error),
  );
