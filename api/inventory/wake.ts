import { markWoken, ordersToWake } from '../../books/backorders';
import type { ApiDependencies } from '../dependencies';

/**
 * Wakes the orders that wait for a sku and can be had now, oldest first. Never throws, and ends at the first order that
 * cannot be reached: a sweep wakes those that are left.
 */
export async function wakeOrLeaveToSweep({ database, wake, logger }: ApiDependencies, sku: string): Promise<void> {
  try {
    for (const orderId of await ordersToWake(database, sku)) {
      await wake(orderId);
      await markWoken(database, orderId);
    }
  } catch (error) {
    logger.warn({ err: error, sku }, 'stock has arrived, but not all orders that wait for it could be signalled');
  }
}
