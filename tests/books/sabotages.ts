import type { StepId } from '../../domain/step-kinds';
import { bookedAt, effect, ledgerRow, refundOf, returnOf, returnRefundOf } from './order-script';

export interface Sabotage {
  title: string;
  sql: string;
  /** The names of the checks that report it, and of no other. */
  rules: string[];
}

/** The ids of orders that the sabotages strike. */
interface Orders {
  delivered: string;
  rejected: string;
  refunded: string;
  returned: string;
}

const RENEWAL: StepId = { kind: 'authorise-payment', grant: 2 };

/** Takes a delivered order back to where it is on its way. */
export const onItsWay = (id: string): string => `
  UPDATE orders.orders SET status = 'shipped' WHERE id = '${id}';
  DELETE FROM orders.timeline_entry WHERE order_id = '${id}' AND status = 'delivered';`;

/** What can go wrong with a delivered, a rejected, a refunded and a returned order, and which rules it breaks. */
export const sabotages = ({ delivered, rejected, refunded, returned }: Orders): Sabotage[] => [
  {
    title: 'a line whose price was changed',
    sql: `UPDATE orders.order_line SET unit_price = 999 WHERE order_id = '${delivered}'`,
    rules: ['items'],
  },
  {
    title: 'a total that is not what was captured',
    sql: `UPDATE orders.orders SET shipping = shipping + 1, grand = grand + 1 WHERE id = '${delivered}'`,
    rules: ['captured'],
  },
  {
    title: 'an undone order that was captured',
    sql: `UPDATE payments.payment SET authorised = 5, captured = 5 WHERE order_id = '${rejected}'`,
    rules: ['captured', 'authorised', 'provider-captured'],
  },
  {
    title: 'a refund that nobody decided',
    sql: `UPDATE payments.payment SET refunded = 1 WHERE order_id = '${delivered}'`,
    rules: ['refunded', 'provider-captured'],
  },
  {
    title: 'a refund that was decided and never done',
    sql: `UPDATE payments.refund SET refunded_at = NULL WHERE key = '${refundOf(refunded)}';
          UPDATE payments.payment SET refunded = 0 WHERE order_id = '${refunded}'`,
    rules: ['refunded'],
  },
  {
    title: 'goods that were captured, never shipped and not refunded',
    sql: `DELETE FROM payments.refund WHERE key = '${refundOf(refunded)}';
          DELETE FROM sandbox.effect WHERE order_id = '${refunded}' AND operation = 'refund';
          UPDATE payments.payment SET refunded = 0 WHERE order_id = '${refunded}'`,
    rules: ['captured'],
  },
  {
    title: 'a refund of a return that was decided and is not in the sum',
    sql: `UPDATE payments.payment SET refunded = 0 WHERE order_id = '${returned}'`,
    rules: ['refunded', 'provider-captured'],
  },
  {
    title: 'a refund of a return that the provider never made',
    sql: `DELETE FROM sandbox.effect WHERE key = '${returnRefundOf(returned)}'`,
    rules: ['provider-refunded', 'provider-captured'],
  },
  {
    title: 'a refund that the provider made and nobody decided',
    sql: effect(delivered, 'payment', 'refund/not-shipped', 'refund', { amount: 0, currency: 'EUR' }),
    rules: ['provider-refunded', 'owned'],
  },
  {
    title: 'a refund that the provider made of another amount, for a return that is under way',
    sql: `UPDATE sandbox.effect SET details = details || '{"amount": 1}' WHERE key = '${returnRefundOf(returned)}';
          UPDATE payments.refund SET refunded_at = NULL WHERE key = '${returnRefundOf(returned)}';
          UPDATE payments.payment SET refunded = 0 WHERE order_id = '${returned}';
          UPDATE orders.return SET status = 'inspected' WHERE id = '${returnOf(returned)}';
          UPDATE orders.orders SET status = 'delivered' WHERE id = '${returned}';
          DELETE FROM orders.timeline_entry WHERE order_id = '${returned}' AND status = 'returned'`,
    rules: ['provider-refunded'],
  },
  {
    title: 'a return that was refunded more than it was worth',
    sql: `UPDATE orders.return SET refundable = 2962 WHERE id = '${returnOf(returned)}'`,
    rules: ['return-refunds'],
  },
  {
    title: 'a return that says that it is refunded, and is not',
    sql: `DELETE FROM payments.refund WHERE key = '${returnRefundOf(returned)}';
          DELETE FROM sandbox.effect WHERE key = '${returnRefundOf(returned)}';
          UPDATE payments.payment SET refunded = 0 WHERE order_id = '${returned}'`,
    rules: ['return-refunds'],
  },
  {
    title: 'a refund for a return that staff rejected',
    sql: `UPDATE orders.return SET status = 'rejected' WHERE id = '${returnOf(returned)}'`,
    rules: ['return-refunds'],
  },
  {
    title: 'more that came back than was delivered',
    sql: `UPDATE orders.return_line SET quantity = 3, written_off = 2 WHERE return_id = '${returnOf(returned)}'`,
    rules: ['came-back'],
  },
  {
    title: 'a returned order of which a unit did not come back',
    sql: `UPDATE orders.return_line SET written_off = 0 WHERE return_id = '${returnOf(returned)}'`,
    rules: ['returned'],
  },
  {
    title: 'a delivered order all of which came back',
    sql: `UPDATE orders.orders SET status = 'delivered' WHERE id = '${returned}';
          DELETE FROM orders.timeline_entry WHERE order_id = '${returned}' AND status = 'returned'`,
    rules: ['returned'],
  },
  {
    title: 'a unit that was restocked and is on no shelf',
    sql: `UPDATE orders.return_line SET restocked = 2, written_off = 0 WHERE return_id = '${returnOf(returned)}'`,
    rules: ['restocked'],
  },
  {
    title: 'a unit that was restocked on another shelf than was said',
    sql: `UPDATE orders.return_line SET warehouse = 'HAM' WHERE return_id = '${returnOf(returned)}'`,
    rules: ['restocked'],
  },
  {
    title: 'a restocked unit that is not on hand',
    sql: `UPDATE inventory.stock_level SET on_hand = on_hand - 1`,
    rules: ['on-hand', 'warehouse-count'],
  },
  {
    title: 'a payment in another currency',
    sql: `UPDATE payments.payment SET currency = 'USD' WHERE order_id = '${delivered}'`,
    rules: ['payment'],
  },
  {
    title: 'an authorisation that outlives its order',
    sql: `UPDATE payments.payment SET authorised = 5 WHERE order_id = '${rejected}'`,
    rules: ['authorised'],
  },
  {
    title: 'a unit that came from nowhere',
    sql: `UPDATE inventory.stock_level SET on_hand = on_hand + 1`,
    rules: ['on-hand', 'warehouse-count'],
  },
  {
    title: 'a unit that is reserved for nobody',
    sql: `UPDATE inventory.stock_level SET reserved = reserved + 1`,
    rules: ['reserved'],
  },
  {
    title: 'a unit that an undone order still holds',
    sql: `UPDATE inventory.reservation SET held = 1 WHERE order_id = '${rejected}';
          UPDATE inventory.stock_level SET reserved = reserved + 1`,
    rules: ['held'],
  },
  {
    title: 'units that were taken for another order',
    sql: `UPDATE inventory.stock_movement SET order_id = '${rejected}' WHERE order_id = '${delivered}'`,
    rules: ['parcels'],
  },
  {
    title: 'a line that no parcel holds',
    sql: `INSERT INTO orders.order_line (order_id, position, sku, name, quantity, unit_price)
          VALUES ('${delivered}', 1, 'CAP-001', 'Cap', 1, 0)`,
    rules: ['contents'],
  },
  {
    title: 'an undo that was begun and never ended',
    sql: `UPDATE orders.saga_step SET state = 'undoing' WHERE order_id = '${rejected}' AND step = 'book/BER'`,
    rules: ['undoing'],
  },
  {
    title: 'a late effect whose undo is owed by an order at rest',
    sql: ledgerRow(delivered, RENEWAL, 'undoing', 'undoing_at'),
    rules: ['undoing'],
  },
  {
    title: 'a late effect whose undo is owed for longer than a minute by an order that goes on',
    sql: `${ledgerRow(delivered, RENEWAL, 'undoing', 'undoing_at')}
          UPDATE orders.saga_step SET late = true, undoing_at = now() - interval '61 seconds'
          WHERE order_id = '${delivered}' AND state = 'undoing'; ${onItsWay(delivered)}`,
    rules: ['undoing'],
  },
  {
    title: 'an effect at a party that no step of the ledger has',
    sql: `${effect(delivered, 'payment', 'authorise-payment#2', 'authorise', { amount: 5, currency: 'EUR' })}
          ${effect(delivered, 'payment', 'authorise-payment#2', 'void', {})}`,
    rules: ['owned'],
  },
  {
    title: 'a hand-over of a parcel that nobody booked',
    sql: `INSERT INTO sandbox.effect (party, key, operation, order_id, reference, details, ends)
          VALUES ('shipping/nordpost', '${delivered}/hand-over/HAM', 'hand_over', '${delivered}', 'ref', '{}',
            '${delivered}/book/HAM')`,
    rules: ['owned'],
  },
  {
    title: 'a step that was forgotten by the undo',
    sql: `UPDATE orders.saga_step SET state = 'applied' WHERE order_id = '${rejected}' AND step = 'pack/BER'`,
    rules: ['undone'],
  },
  {
    title: 'a delivered order that has no step of capture',
    sql: `DELETE FROM orders.saga_step WHERE order_id = '${delivered}' AND step = 'capture'`,
    rules: ['applied', 'owned'],
  },
  {
    title: 'a status that was written past the timeline',
    sql: `UPDATE orders.orders SET status = 'failed' WHERE id = '${rejected}'`,
    rules: ['status'],
  },
  {
    title: 'a move that the table does not have',
    sql: `INSERT INTO orders.timeline_entry (order_id, status, actor_type, actor_id)
          SELECT '${delivered}', status, 'system', 'fulfilment' FROM unnest(ARRAY['paid', 'delivered']) AS status`,
    rules: ['moves'],
  },
  {
    title: 'a delivered order with a parcel on its way',
    sql: `UPDATE orders.shipment SET status = 'in_transit' WHERE order_id = '${delivered}'`,
    rules: ['delivered'],
  },
  {
    title: 'a provider that took another amount',
    sql: `UPDATE sandbox.effect SET details = details || '{"amount": 1}' WHERE operation = 'capture'`,
    rules: ['provider-captured'],
  },
  {
    title: 'a second capture',
    sql: effect(delivered, 'payment', 'capture#2', 'capture', { amount: 0, currency: 'EUR' }),
    rules: ['captured-once', 'owned'],
  },
  {
    title: 'an authorisation that the provider still holds',
    sql: `DELETE FROM sandbox.effect WHERE operation = 'void'`,
    rules: ['provider-authorised'],
  },
  {
    title: 'a parcel that the warehouse did not put back',
    sql: `DELETE FROM sandbox.effect WHERE operation = 'return_to_shelf'`,
    rules: ['warehouse-packs', 'warehouse-count'],
  },
  {
    title: 'a parcel that the warehouse never packed',
    sql: `UPDATE sandbox.effect SET key = key || '#2' WHERE operation = 'pack' AND order_id = '${delivered}'`,
    rules: ['warehouse-packs', 'owned'],
  },
  {
    title: 'a label that was not cancelled',
    sql: `DELETE FROM sandbox.effect WHERE operation = 'cancel'`,
    rules: ['carrier-labels'],
  },
  {
    title: 'a second label, of another carrier',
    sql: bookedAt('hansa-kurier', delivered),
    rules: ['carrier-labels'],
  },
  {
    title: 'a parcel that was packed from another shelf',
    sql: `UPDATE sandbox.effect SET details = details || '{"warehouse": "HAM"}'
          WHERE operation = 'pack' AND order_id = '${delivered}'`,
    rules: ['warehouse-count'],
  },
];
