import { restingStatuses, type OrderStatus } from '../../domain/order-status';
import type { StepKind } from '../../domain/step-kinds';

/** One rule that the books must fulfil, as a query for what breaks it. */
export interface Check {
  name: string;
  /** The rule in one sentence. */
  rule: string;
  /** Returns a row for each violation: `subject` (an order's id, or sku and warehouse), `expected` and `found`, as text. */
  sql: string;
}

const among = (statuses: readonly OrderStatus[]): string =>
  `o.status IN (${statuses.map((status) => `'${status}'`).join(', ')})`;

const undoneStatuses = ['cancelled', 'rejected', 'expired', 'failed'] as const satisfies OrderStatus[];

/** SQL: the order `o` is at rest. What is not, is checked only for what holds at every commit. */
export const atRest = among(restingStatuses);

/** SQL: the order `o` was undone and is at rest. */
export const undone = among(undoneStatuses);

/** SQL: the order `o` is past the pivot, and no person is busy with it. */
export const paid = among(['paid', 'shipped', 'delivered', 'returned']);

/** SQL: the order `o` was delivered, whatever came after. */
export const delivered = among(['delivered', 'returned']);

/** SQL: all parcels of the order `o` were handed over to their carriers, whatever came after. */
export const shipped = among(['shipped', 'delivered', 'returned']);

/** SQL: the shipment `s` is neither still on the shelf nor back on it. */
export const offShelf = `s.status NOT IN ('allocated', 'returned_to_shelf')`;

/** SQL: the ledger has a step of that kind, for the parcel of the shipment `s` of the order `o`, in that state. */
export const parcelHas = (kind: StepKind, state: 'applied' | 'skipped'): string =>
  `EXISTS (
    SELECT FROM orders.saga_step w WHERE w.order_id = o.id AND w.kind = '${kind}' AND w.state = '${state}'
      AND w.leg = s.leg AND w.parcel = s.warehouse)`;

/** SQL: the orders `o` whose parties are the sandbox's, with their payment `p`; the others keep their books elsewhere. */
export const sandboxOrders = `orders.orders o JOIN payments.payment p ON p.order_id = o.id AND p.provider = 'sandbox'`;

/** SQL: a list of step kinds. */
export const kindsIn = (kinds: readonly StepKind[]): string => `(${kinds.map((kind) => `'${kind}'`).join(', ')})`;

/** SQL: no person wrote off a step of one of these kinds, of any leg, of the order `o`. */
export const notWrittenOff = (...kinds: StepKind[]): string =>
  `NOT EXISTS (
    SELECT FROM orders.saga_step w
    WHERE w.order_id = o.id AND w.state = 'skipped' AND w.kind IN ${kindsIn(kinds)})`;

/** SQL: no person wrote off the refund with that alias, which the provider would not make. */
export const refundStands = (alias: string): string =>
  `NOT EXISTS (
    SELECT FROM orders.saga_step w
    WHERE w.order_id = ${alias}.order_id AND w.state = 'skipped'
      AND w.kind = 'refund' AND w.subject = ${alias}.subject)`;

/** SQL: no person wrote off the goods of the shipment `s`, of the order `o`, which could not be put back. */
export const packStands = `NOT ${parcelHas('pack', 'skipped')}`;
