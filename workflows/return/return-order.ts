import { allHandlersFinished, CancellationScope, condition } from '@temporalio/workflow';
import type { ReturnOrderInput, ReturnOrderResult } from '../../contracts/workflow/return';
import { hasReturnEnded } from '../../domain/return-status';
import { ReturnedGoods } from './returned-goods';

/**
 * Follows one return of a delivered order to its end: staff authorise or reject it, receive the goods, inspect them and
 * decide the refund, which is then made. It waits for staff as long as they take, and for the goods until a deadline.
 */
export async function returnOrder(input: ReturnOrderInput): Promise<ReturnOrderResult> {
  return CancellationScope.nonCancellable(async () => {
    const returned = new ReturnedGoods(input);
    await returned.ask();
    while (!hasReturnEnded(returned.now.status)) await returned.advance();
    await returned.settled();
    await condition(allHandlersFinished);
    const { status, refund } = returned.now;
    return { status, refunded: status === 'refunded' ? refund : null };
  });
}
