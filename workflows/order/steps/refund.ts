import type { Actor, DueRefund } from '../../../contracts/workflow/order';
import { format } from '../../../domain/money';
import { refundOfUnshipped } from '../../../domain/step-kinds';
import { StepGivenUp } from '../../step/step';
import type { Order } from '../order';
import { dropParcels } from './drop-parcels';

/**
 * Finishes what was begun for goods that were captured and do not ship: the refunds that were decided, and the parcels
 * that are back on their shelf, or were on their way there. Of an order that is undone, all that is left is refunded.
 */
export async function refundWhatDoesNotShip(order: Order): Promise<void> {
  const { dueRefunds, direction, owed, stoppedBy } = order.now;
  for (const due of dueRefunds) await refund(order, due);
  if (direction === 'back') {
    const rest = { step: refundOfUnshipped('rest'), amount: owed };
    return refund(order, { ...rest, ...(stoppedBy && { decidedBy: stoppedBy }) });
  }
  const back = order.legParcels.filter(({ status }) => status === 'returned_to_shelf' || status === 'packed');
  if (back.length === 0) return;
  const before = order.now.grand.amount;
  await dropParcels(order, back);
  const amount = { ...owed, amount: owed.amount + before - order.now.grand.amount };
  await refund(order, { step: refundOfUnshipped(back.map(({ parcel }) => parcel)), amount });
}

/** Gives back money that was captured for what does not ship. A person may write it off. */
export async function refund(
  order: Order,
  { step, amount, decidedBy }: Omit<DueRefund, 'decidedBy'> & { decidedBy?: Actor },
): Promise<void> {
  if (amount.amount === 0) return;
  const { orderId, limits } = order.ref();
  const input = { orderId, limits, step, amount, cause: 'not_shipped' as const, ...(decidedBy && { decidedBy }) };
  try {
    const says = `Refund ${format(amount)}`;
    await order.take({ id: step, says, run: ['refundPayment', input], mustSucceed: true });
  } catch (error) {
    if (!(error instanceof StepGivenUp)) throw error;
    order.tell(`Written off: ${format(amount)} that the customer was to get back`);
  }
}
