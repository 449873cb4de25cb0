import type { OrderResource, PlaceOrder } from '../../contracts/http/order';
import type { Money } from '../../domain/money';
import type { OrderStatus, ParcelStatus } from '../../domain/order-status';

/** An order as it stands in the books: what the order resource is made of. */
export interface OrderRecord {
  id: string;
  clientReference: string;
  customerId: string;
  country: string;
  fulfilment: PlaceOrder['options']['fulfilment'];
  /** Whether it waits for stock that there is not yet. */
  backorder: boolean;
  status: OrderStatus;
  reason: string | null;
  currency: string;
  items: bigint;
  shipping: bigint;
  tax: bigint;
  grand: bigint;
  createdAt: Date;
  updatedAt: Date;
  lines: { sku: string; name: string; quantity: number; droppedQuantity: number; unitPrice: number }[];
  payment: { provider: string; authorised: number; captured: number; refunded: number };
  /** The parcels of the latest leg. */
  shipments: ShipmentRecord[];
}

interface ShipmentRecord {
  id: string;
  warehouse: string;
  status: ParcelStatus;
  carrier: string | null;
  trackingNumber: string | null;
  labelUrl: string | null;
  estimatedDelivery: string | null;
  lines: { sku: string; quantity: number }[];
}

/** The path of an order, which its links begin with. */
export const pathOf = (orderId: string): string => `/v1/orders/${orderId}`;

/** The order as the API shows it. */
export function toResource(order: OrderRecord): OrderResource {
  const inCurrency = (amount: bigint | number): Money => ({ amount: Number(amount), currency: order.currency });
  const { provider, authorised, captured, refunded } = order.payment;
  const self = pathOf(order.id);
  return {
    id: order.id,
    clientReference: order.clientReference,
    customerId: order.customerId,
    status: order.status,
    reason: order.reason,
    lines: order.lines.map((line) => ({ ...line, unitPrice: inCurrency(line.unitPrice) })),
    totals: {
      items: inCurrency(order.items),
      shipping: inCurrency(order.shipping),
      tax: inCurrency(order.tax),
      grand: inCurrency(order.grand),
    },
    payment: {
      provider,
      authorised: inCurrency(authorised),
      captured: inCurrency(captured),
      refunded: inCurrency(refunded),
    },
    shipments: order.shipments.map(({ estimatedDelivery, ...shipment }) => ({
      ...shipment,
      estimatedDelivery: estimatedDelivery === null ? null : new Date(estimatedDelivery).toISOString(),
    })),
    createdAt: order.createdAt.toISOString(),
    updatedAt: order.updatedAt.toISOString(),
    links: { self, cancel: `${self}/cancel`, events: `${self}/events` },
  };
}
