import type { OrderResource } from '../../contracts/order';
import type { ApiDependencies } from '../dependencies';
import type { OrderRecord } from './resource';

/** What of an order its resource does not tell, and its workflow needs to know. */
export type Terms = Pick<OrderRecord, 'country' | 'fulfilment' | 'backorder'>;

/**
 * Starts the order's workflow. Never throws and waits a bounded time: the order is stored, so where Temporal doesn't
 * answer, a sweep starts it later.
 */
export async function startOrLeaveToSweep(
  { startFulfilment, limits, logger }: ApiDependencies,
  { id, totals, lines }: OrderResource,
  { country, fulfilment, backorder }: Terms,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer from Temporal within ${limits.startMs} ms`)), limits.startMs);
  });
  try {
    const shipAvailable = fulfilment === 'ship_available';
    const order = { id, country, grand: totals.grand, lines, shipAvailable, backorder };
    await Promise.race([startFulfilment(order), timeUp]);
  } catch (error) {
    logger.warn({ err: error, orderId: id }, 'the order is stored, but its workflow could not be started yet');
  } finally {
    clearTimeout(timer);
  }
}
