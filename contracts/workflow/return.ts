import type { ReturnStatus } from '../../domain/return-status';
import type { Money } from '../http/money';
import type { Policy } from '../policy';
import type { Decision } from './order';

/** Why money goes back: goods that came back, or goods that were captured and never shipped. */
export type RefundCause = 'return' | 'not_shipped';

/** The name of the workflow type that follows one return; histories refer to it, so it never changes. */
export const RETURN_ORDER = 'returnOrder';

/** The input of `returnOrder`: ids, skus and timings. */
export interface ReturnOrderInput {
  returnId: string;
  orderId: string;
  lines: { sku: string; quantity: number }[];
  /** The status that the return has when the workflow is started; another than `requested` where it is taken up again. */
  status: ReturnStatus;
  policy: Policy;
}

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

/** The names of the Updates by which staff decide on a return; each is refused where it is not due. */
export const AUTHORISE_RETURN = 'authoriseReturn';
export const REJECT_RETURN = 'rejectReturn';
export const RECEIVE_RETURN = 'receiveReturn';
/** Takes a {@link ReturnInspection}. */
export const INSPECT_RETURN = 'inspectReturn';
/** Asks the payment provider again for a refund that it refused. */
export const RETRY_REFUND = 'retryRefund';
/** Gives a refund up that the payment provider refused: the return ends without it. */
export const WRITE_OFF_REFUND = 'writeOffRefund';

/** What an inspection found of one sku: units that came back and are sold again, and those that are not. */
export interface InspectedLine {
  sku: string;
  restocked: number;
  writtenOff: number;
  /** The warehouse that takes the restocked units onto its shelf; null where none are. */
  warehouse: string | null;
}

/** An inspection with its decision: what is refunded at most, or null for all that the units are worth. */
export interface ReturnInspection extends Decision {
  lines: InspectedLine[];
  refund: Money | null;
}
