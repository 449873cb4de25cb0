import { reasons, type Reason } from '../../contracts/failures';
import { isAtRest, orderStatusTable, type OrderStatus } from '../../domain/order-status';
import type { Headline } from '../step/details';

/** What happens next to an order, in plain words. */
const NEXT: Partial<Record<OrderStatus, string>> = {
  created: 'The order is checked and screened.',
  in_review: 'Staff approve or reject it. If nobody does in time, it expires.',
  validated: 'Stock is reserved.',
  awaiting_stock: 'It goes on when stock arrives. If that does not come in time, it expires.',
  reserved: 'The payment is authorised.',
  authorised: 'Every parcel is packed, and a carrier is booked for it.',
  packed: 'When every parcel has a carrier, the payment is captured.',
  pending_retry: 'The goods go back on the shelf. Later, stock is reserved again and carriers are asked again.',
  paid: 'The parcels are handed over to their carriers.',
  shipped: 'The carriers deliver the parcels; their scans are followed until the last one.',
  compensating: 'Every step that was taken is undone; then the order comes to rest.',
  needs_attention: 'The order goes on.',
};

/** How an order stands, as the Temporal UI tells it. */
export function headlineOf(status: OrderStatus, reason: Reason | null): Headline {
  const meaning = reason === null ? orderStatusTable[status].meaning : `${reasons[reason].text} (\`${reason}\`)`;
  return { status, meaning, next: isAtRest(status) ? 'Nothing: the order is at rest.' : (NEXT[status] ?? '') };
}

/** An order's goods in a few words. */
export const goods = (lines: readonly { sku: string; quantity: number }[]): string =>
  lines.length > 3
    ? `${lines.length} skus, ${lines.reduce((total, { quantity }) => total + quantity, 0)} units`
    : lines.map(({ sku, quantity }) => `${quantity} × ${sku}`).join(', ');
