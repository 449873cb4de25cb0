import { Worker } from '@temporalio/worker';
import { workflowIdOf } from '../../domain/steps';
import type { FulfilmentStack } from './fulfilment-stack';
import { bundleOnce } from './temporal';

/**
 * What is amiss in the histories of all orders: a workflow task that failed, or a replay that goes otherwise.
 *
 * @returns a sentence for each, which begins with the order's reference
 */
export async function amissInHistories({ database, temporal }: FulfilmentStack): Promise<string[]> {
  const orders = await database.order.findMany({ select: { id: true, clientReference: true } });
  const references = new Map(orders.map(({ id, clientReference }) => [workflowIdOf(id), clientReference]));
  const histories = await Promise.all(
    orders.map(async ({ id }) => ({ workflowId: workflowIdOf(id), history: await temporal.handle(id).fetchHistory() })),
  );
  const amiss = histories.flatMap(({ workflowId, history }) =>
    (history.events ?? []).flatMap(({ workflowTaskFailedEventAttributes: failed }) =>
      failed ? [`${references.get(workflowId)}: a workflow task failed: ${failed.failure?.message}`] : [],
    ),
  );
  const workflowBundle = await bundleOnce();
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle }, histories)) {
    if (error) amiss.push(`${references.get(workflowId)}: replayed, it goes otherwise: ${error.message}`);
  }
  return amiss;
}
