import type { Money } from '../../domain/money';
import type { ReturnResource } from '../../contracts/http/return';
import type { ReturnStatus } from '../../domain/return-status';
import { pathOf } from '../orders/resource';

/** A return as it stands in the books: what its resource is made of. */
export interface ReturnRecord {
  id: string;
  orderId: string;
  status: ReturnStatus;
  currency: string;
  requestedAt: Date;
  receiveBy: Date | null;
  updatedAt: Date;
  /** What the units that came back are worth. */
  refundable: bigint | null;
  /** What was decided to be refunded. */
  refund: bigint | null;
  refundedAt: Date | null;
  lines: { sku: string; quantity: number; restocked: number; writtenOff: number; warehouse: string | null }[];
}

/** The path of a return, which its links begin with. */
export const returnPathOf = (returnId: string): string => `/v1/returns/${returnId}`;

/** The return as the API shows it. */
export function toReturnResource(returned: ReturnRecord): ReturnResource {
  const { id, orderId, status, lines, currency, refundable, refund, refundedAt, requestedAt, receiveBy } = returned;
  const inCurrency = (amount: bigint | null): Money | null =>
    amount === null ? null : { amount: Number(amount), currency };
  return {
    id,
    orderId,
    status,
    lines,
    refund: {
      due: inCurrency(refundable),
      decided: inCurrency(refund),
      refundedAt: refundedAt?.toISOString() ?? null,
    },
    requestedAt: requestedAt.toISOString(),
    receiveBy: receiveBy?.toISOString() ?? null,
    updatedAt: returned.updatedAt.toISOString(),
    links: { self: returnPathOf(id), order: pathOf(orderId) },
  };
}
