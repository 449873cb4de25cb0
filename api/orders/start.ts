import type { OrderResource } from '../../contracts/http/order';
import type { ApiDependencies } from '../dependencies';
import type { OrderRecord } from './resource';

/** What of an order its resource does not tell, and its workflow needs to know. */
export type Terms = Pick<OrderRecord, 'country' | 'fulfilment' | 'backorder'>;

/**
 * Starts the order's workflow. Never throws and waits a bounded time: the order is stored, so if Temporal doesn't
 * answer, a sweep starts it later.
 */
export async function startOrLeaveToSweep(
  deps: ApiDependencies,
  { id, totals, lines }: OrderResource,
  { country, fulfilment, backorder }: Terms,
): Promise<void> {
  const shipAvailable = fulfilment === 'ship_available';
  const order = { id, country, grand: totals.grand, lines, shipAvailable, backorder };
  await leaveToSweep(deps, { orderId: id }, () => deps.startFulfilment(order));
}

/** Starts the workflow of what is stored already. Never throws and waits a bounded time, because a sweep starts it later. */
export async function leaveToSweep(
  { limits, logger }: ApiDependencies,
  stored: { orderId: string } | { returnId: string },
  start: () => Promise<void>,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer from Temporal within ${limits.startMs} ms`)), limits.startMs);
  });
  try {
    await Promise.race([start(), timeUp]);
  } catch (error) {
    logger.warn({ err: error, ...stored }, 'it is stored, but its workflow could not be started yet');
  } finally {
    clearTimeout(timer);
  }
}
