import { ScheduleAlreadyRunning, ScheduleOverlapPolicy, type Client } from '@temporalio/client';
import { SWEEP } from '../contracts/workflow/order';
import { FULFILMENT_TASK_QUEUE } from '../contracts/workflow/task-queues';

/** The id of the schedule that sweeps; there is one in a namespace, whichever worker made it. */
export const SWEEP_SCHEDULE_ID = 'consign-sweep';

/** Makes the schedule of the sweeps if there is none yet. */
export async function ensureSweepSchedule(client: Client, everyMs: number): Promise<void> {
  try {
    await client.schedule.create({
      scheduleId: SWEEP_SCHEDULE_ID,
      spec: { intervals: [{ every: everyMs }] },
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: everyMs },
      action: {
        type: 'startWorkflow',
        workflowType: SWEEP,
        workflowId: SWEEP_SCHEDULE_ID,
        taskQueue: FULFILMENT_TASK_QUEUE,
        args: [],
        staticSummary: 'Sweep up what a crash or an outage left over',
      },
    });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
}
