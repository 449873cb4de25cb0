import { allHandlersFinished, CancellationScope, condition } from '@temporalio/workflow';
import type { ReturnOrderInput, ReturnOrderResult } from '../../contracts/workflow/return';
import { hasReturnEnded } from '../../domain/return-status';
import { ReturnProcess } from './return-process';

/**
 * Follows one return of a delivered order to its end: staff authorise or reject it, receive the goods, inspect them and
 * decide the refund, which is then done. It waits for staff as long as they take, and for the goods until a deadline.
 */
export async function returnOrder(input: ReturnOrderInput): Promise<ReturnOrderResult> {
  return CancellationScope.nonCancellable(async () => {
    const process = new ReturnProcess(input);
    let standing = await process.takeUp();
    while (!hasReturnEnded(standing.status)) standing = await process.advance(standing);
    await process.settled();
    await condition(allHandlersFinished);
    return { status: standing.status, refunded: standing.status === 'refunded' ? standing.refund : null };
  });
}
