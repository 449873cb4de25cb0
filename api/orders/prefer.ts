import { isAtRest, type OrderStatus } from '../../domain/order-status';
import type { OrderWatcher } from './order-watcher';

const MAX_WAIT_SECONDS = 30;

/**
 * The seconds of a `Prefer: wait=N` (RFC 7240), at most 30. What the header says besides, or says wrongly, is a
 * preference that is not honoured, and no error.
 */
export function preferredWait(prefer: string | undefined): number | undefined {
  for (const preference of prefer?.split(/[,;]/) ?? []) {
    const seconds = /^\s*wait\s*=\s*"?([0-9]{1,9})"?\s*$/i.exec(preference)?.[1];
    if (seconds !== undefined) return Math.min(Number(seconds), MAX_WAIT_SECONDS);
  }
  return undefined;
}

/** Waits until the order is shipped or at rest, or the seconds are over, or the client has gone. */
export async function waitForOrder(
  watcher: OrderWatcher,
  orderId: string,
  seconds: number,
  signal: AbortSignal,
): Promise<void> {
  const settled = (status: OrderStatus) => status === 'shipped' || isAtRest(status);
  await watcher.until(orderId, ({ status }) => settled(status), { timeoutMs: seconds * 1000, signal });
}
