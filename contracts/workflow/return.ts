import type { Money } from '../../domain/money';
import type { ReturnStatus } from '../../domain/return-status';
import type { Policy } from '../policy';

/** Why money goes back: goods that came back, or goods that were captured and never shipped. */
export type RefundCause = 'return' | 'not_shipped';

/** The name of the workflow type that follows one return; histories refer to it, so it never changes. */
export const RETURN_ORDER = 'returnOrder';

/** The input of `returnOrder`: ids, skus and timings. */
export interface ReturnOrderInput {
  returnId: string;
  orderId: string;
  lines: { sku: string; quantity: number }[];
  /** The status that the return has when the workflow is started; another than `requested` if it is recovered. */
  status: ReturnStatus;
  policy: Policy;
}

/** What of a return goes into its workflow's history. */
export type StartedReturn = Omit<ReturnOrderInput, 'policy'>;

/** The result of `returnOrder`. */
export interface ReturnOrderResult {
  status: ReturnStatus;
  /** What was refunded, if anything. */
  refunded: Money | null;
}

/** How a return stands by our books. */
export interface ReturnStanding {
  status: ReturnStatus;
  /** How long an authorised return is awaited still. */
  awaitedMs: number | null;
  /** What was decided to be refunded. */
  refund: Money | null;
}
