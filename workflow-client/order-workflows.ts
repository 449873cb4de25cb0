import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { Policy } from '../contracts/policy';
import { CARRIER_SCAN, FULFIL_ORDER, STOCK_ARRIVED, type CarrierScan } from '../contracts/workflow/order';
import { orderIdOf, workflowIdOf } from '../domain/steps';
import { resumeFulfilment, startFulfilment, type FulfilmentOrder } from './start-fulfilment';

const STOPPED = `WorkflowType = '${FULFIL_ORDER}' AND ExecutionStatus IN ('Terminated', 'Failed', 'TimedOut')`;

/** The workflows of orders on a Temporal service. Its methods throw what the client throws. */
export const orderWorkflows = (client: Client, policy: Policy) => ({
  start: (order: FulfilmentOrder) => startFulfilment(client, policy, order),
  resume: (order: Parameters<typeof resumeFulfilment>[2]) => resumeFulfilment(client, policy, order),
  /** The ids of orders with a run that was terminated, failed or timed out; they may be at rest, or run again. */
  stopped: async function* (): AsyncIterable<string> {
    for await (const { workflowId } of client.workflow.list({ query: STOPPED })) yield orderIdOf(workflowId);
  },
  signalScan: async (orderId: string, { shipmentId, status }: CarrierScan): Promise<void> => {
    await client.workflow.getHandle(workflowIdOf(orderId)).signal(CARRIER_SCAN, { shipmentId, status });
  },
  /** Tells a back-ordered order that stock has arrived for it; one whose workflow was stopped needs not know. */
  signalStockArrived: async (orderId: string): Promise<void> => {
    try {
      await client.workflow.getHandle(workflowIdOf(orderId)).signal(STOCK_ARRIVED);
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
  },
});
