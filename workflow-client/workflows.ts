import type { Client } from '@temporalio/client';
import type { Policy } from '../contracts/policy';
import type { Beginning, FulfilmentOrder } from '../contracts/workflow/order';
import type { StartedReturn } from '../contracts/workflow/return';
import { newestRun, openAmong, runningSince, statusOfRun, tellBooksMoved } from './runs';
import { startFulfilment, startLateUndo, startReturn } from './start';
import { sendUpdate, type SentUpdate } from './updates';

/** The workflows of orders and returns on a Temporal service. Its methods throw what the client throws. */
export const workflowsOn = (client: Client, policy: Policy) => ({
  startOrder: (order: FulfilmentOrder, beginning?: Beginning) => startFulfilment(client, policy, order, beginning),
  startReturn: (returned: StartedReturn) => startReturn(client, policy, returned),
  startLateUndo: (late: Parameters<typeof startLateUndo>[2]) => startLateUndo(client, policy, late),
  openAmong: (workflowIds: readonly string[]) => openAmong(client, workflowIds),
  newestRun: (workflowId: string) => newestRun(client, workflowId),
  runningSince: (since: Date) => runningSince(client, since),
  statusOfRun: (workflowId: string) => statusOfRun(client, workflowId),
  tellBooksMoved: (workflowId: string) => tellBooksMoved(client, workflowId),
  sendUpdate: (sent: SentUpdate) => sendUpdate(client, sent),
});

export type Workflows = ReturnType<typeof workflowsOn>;
