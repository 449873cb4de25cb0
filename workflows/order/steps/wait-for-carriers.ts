import type { Order } from '../order';
import { renewAuthorisation } from './authorise-payment';

/** Waits before carriers are asked again for an order that none took; renews its authorisation before that lapses. */
export async function waitForCarriers(order: Order): Promise<void> {
  if (order.now.status !== 'pending_retry') return;
  let leftMs = order.now.retryInMs;
  while (leftMs > 0) {
    if (order.now.renewInMs === 0) await renewAuthorisation(order);
    const { renewInMs } = order.now;
    const ms = Math.min(leftMs, renewInMs);
    await order.wait(() => false, { ms, says: 'Wait before carriers are asked again' });
    leftMs -= ms;
    order.changed({ renewInMs: renewInMs - ms });
  }
}
