import type { Money } from './money';
import type { Policy } from './policy';
import type { OrderStatus, RestingStatus } from '../domain/order-status';
import type { Reason } from './failures';

/** The name of the workflow type; histories refer to it, so it never changes. */
export const FULFIL_ORDER = 'fulfilOrder';

/** The name of the workflow type that sweeps up what was left over. */
export const SWEEP = 'sweep';

/** The input of `fulfilOrder`: ids, skus, amounts, country and timings; never a name or an address. */
export interface FulfilOrderInput {
  orderId: string;
  country: string;
  grand: Money;
  lines: { sku: string; quantity: number }[];
  policy: Policy;
  /** Set where an earlier run of this order was stopped from outside: what its ledger says decides how it goes on. */
  recover?: true;
}

/** How an order that is taken up again stands by its books and the payment provider's. */
export interface Standing {
  status: OrderStatus;
  reason: Reason | null;
  /** Whether the payment was captured: then the order goes on, else it is undone. */
  captured: boolean;
  parcels: AllocatedParcel[];
  /** The parcels that their carrier has delivered. */
  delivered: string[];
}

/** The result of `fulfilOrder`: a business outcome, a rejection too, completes the run. */
export interface FulfilOrderResult {
  status: RestingStatus;
  reason: Reason | null;
}

/** The name of the signal that carries a carrier's scan. */
export const CARRIER_SCAN = 'carrierScan';

/** A carrier's scan of a parcel, deduplicated before it becomes a signal. */
export interface CarrierScan {
  shipmentId: string;
  status: 'in_transit' | 'delivered';
}

/** One parcel as allocated by a leg's reservation. `parcel` is its warehouse's code and names its steps. */
export interface AllocatedParcel {
  parcel: string;
  shipmentId: string;
  warehouse: string;
  lines: { sku: string; quantity: number }[];
}

/** A parcel's booked carriage. */
export interface Booking {
  carrier: string;
  trackingNumber: string;
  /** Carriers that were given up because of faults and may still hold a label for the parcel. */
  givenUp: string[];
}
