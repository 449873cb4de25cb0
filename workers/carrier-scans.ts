import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { deliverDueScans } from '../adapters/sandbox';
import { CARRIER_SCAN, type CarrierScan } from '../contracts/workflow/order';
import { isAtRest, type OrderStatus } from '../domain/order-status';
import { workflowIdOf } from '../domain/steps';
import type { Database } from '../infra/database/client';
import type { Logger } from '../infra/logger';

const MOST_AT_ONCE = 50;

/**
 * Delivers the sandbox carriers' due scans to their orders, through the signal that a real carrier's message uses. A
 * scan for an order whose workflow was stopped waits until it is taken up again; one for an order at rest is dropped.
 */
export async function relayCarrierScans(sandbox: Database, client: Client, logger: Logger): Promise<void> {
  const deliver = async ({ orderId, shipmentId, status }: CarrierScan & { orderId: string }) => {
    try {
      await client.workflow.getHandle(workflowIdOf(orderId)).signal(CARRIER_SCAN, { shipmentId, status });
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
      const order = await sandbox.order.findUnique({ where: { id: orderId }, select: { status: true } });
      if (order !== null && !isAtRest(order.status as OrderStatus)) throw error;
      logger.warn({ orderId, shipmentId, status }, 'a scan came for an order that is not followed any more');
    }
  };
  for (;;) {
    const { delivered, failed } = await deliverDueScans(sandbox, deliver, MOST_AT_ONCE);
    for (const { scan, error } of failed) logger.warn({ err: error, ...scan }, 'a scan could not be delivered yet');
    if (delivered < MOST_AT_ONCE) return;
  }
}
