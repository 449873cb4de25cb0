import { refundOfReturn, refundOfUnshipped, stepName, type StepId } from '../../domain/step-kinds';

/**
 * The life of an order as SQL, as activities and sandbox parties write it: 3 × MUG-001 at 10.00 EUR of which one was
 * dropped, in one parcel from BER. Each stage is the script that takes the order there from the stage before.
 */
export interface Stage {
  name: string;
  sql: string;
}

/** Shelves to fill orders from. */
export const stock = `
  INSERT INTO inventory.stock_level (sku, warehouse, on_hand) VALUES ('MUG-001', 'BER', 100);
  INSERT INTO inventory.stock_movement (sku, warehouse, kind, change) VALUES ('MUG-001', 'BER', 'adjustment', 100);`;

/** The id of an order's parcel. */
export const parcelOf = (id: string): string => `${id.replace('ord_', 'shp_')}_BER`;

const entry = (id: string, status: string): string =>
  `INSERT INTO orders.timeline_entry (order_id, status, actor_type, actor_id)
   VALUES ('${id}', '${status}', 'system', 'fulfilment');`;

const move = (id: string, status: string): string =>
  `UPDATE orders.orders SET status = '${status}' WHERE id = '${id}'; ${entry(id, status)}`;

const applied = (id: string, step: StepId): string => ledgerRow(id, step, 'applied', 'applied_at');

/** A row of the ledger, as the step is in that state since now. */
export function ledgerRow(id: string, step: StepId, state: string, since: 'applied_at' | 'undoing_at'): string {
  const { kind, leg = null, grant = null, ...parts } = step;
  const text = (value: string | undefined) => (value === undefined ? 'NULL' : `'${value}'`);
  const identity = [text(parts.parcel), text(parts.carrier), text(parts.subject), `${leg}`, `${grant}`].join(', ');
  return `INSERT INTO orders.saga_step (order_id, step, kind, parcel, carrier, subject, leg, "grant", state, ${since})
    VALUES ('${id}', '${stepName(step)}', '${kind}', ${identity}, '${state}', now());`;
}

const undone = (id: string, step: StepId): string =>
  `UPDATE orders.saga_step SET state = 'undone', undone_at = now()
   WHERE order_id = '${id}' AND step = '${stepName(step)}';`;

const RESERVE: StepId = { kind: 'reserve-stock', leg: 1 };
const HOLD: StepId = { kind: 'authorise-payment', grant: 1 };
const PACK: StepId = { kind: 'pack', leg: 1, parcel: 'BER' };
const BOOK: StepId = { kind: 'book', leg: 1, parcel: 'BER' };

/** What a sandbox party writes into its own books. */
export const effect = (id: string, party: string, step: string, operation: string, details: object): string =>
  `INSERT INTO sandbox.effect (party, key, operation, order_id, reference, details)
   VALUES ('${party}', '${id}/${step}', '${operation}', '${id}', 'ref', '${JSON.stringify(details)}');`;

const units = { warehouse: 'BER', lines: [{ sku: 'MUG-001', quantity: 2 }] };
const amount = { amount: 2963, currency: 'EUR' };

const shelf = (set: string): string =>
  `UPDATE inventory.stock_level SET ${set} WHERE sku = 'MUG-001' AND warehouse = 'BER';`;
const held = (id: string, count: number): string =>
  `UPDATE inventory.reservation SET held = ${count} WHERE order_id = '${id}';`;
const parcel = (id: string, status: string): string =>
  `UPDATE orders.shipment SET status = '${status}' WHERE order_id = '${id}';`;
const movement = (id: string, kind: string, change: number): string =>
  `INSERT INTO inventory.stock_movement (sku, warehouse, kind, change, order_id, step)
   VALUES ('MUG-001', 'BER', '${kind}', ${change}, '${id}', 'pack/BER');`;
const payment = (id: string, set: string): string => `UPDATE payments.payment SET ${set} WHERE order_id = '${id}';`;

const creation = (id: string): string => `
  INSERT INTO orders.orders (id, client_reference, customer_id, currency, country, fulfilment, items, shipping, tax, grand,
    shipping_flat, shipping_free_from, tax_basis_points)
  VALUES ('${id}', '${id}', 'cus_1', 'EUR', 'DE', 'ship_available', 2000, 490, 473, 2963, 490, 5000, 1900);
  INSERT INTO orders.order_line (order_id, position, sku, name, quantity, dropped_quantity, unit_price)
  VALUES ('${id}', 0, 'MUG-001', 'Mug', 3, 1, 1000);
  INSERT INTO payments.payment (order_id, provider, token, currency) VALUES ('${id}', 'sandbox', 'tok_visa', 'EUR');
  ${entry(id, 'created')}`;

const reservation = (id: string): string => `
  ${shelf('reserved = reserved + 2')}
  INSERT INTO inventory.reservation (order_id, leg, sku, warehouse, quantity, held)
  VALUES ('${id}', 1, 'MUG-001', 'BER', 2, 2);
  INSERT INTO orders.shipment (id, order_id, leg, warehouse) VALUES ('${parcelOf(id)}', '${id}', 1, 'BER');
  INSERT INTO orders.shipment_line (shipment_id, sku, quantity) VALUES ('${parcelOf(id)}', 'MUG-001', 2);
  ${applied(id, RESERVE)} ${move(id, 'reserved')}`;

const toBooked = (id: string): Stage[] => [
  { name: 'created', sql: creation(id) },
  { name: 'validated', sql: applied(id, { kind: 'validate' }) + move(id, 'validated') },
  { name: 'reserved', sql: reservation(id) },
  { name: 'authorised at the provider', sql: effect(id, 'payment', 'authorise-payment', 'authorise', amount) },
  {
    name: 'authorised',
    sql: payment(id, 'authorised = 2963') + applied(id, HOLD) + move(id, 'authorised'),
  },
  { name: 'packed at the warehouse', sql: effect(id, 'warehouse', 'pack/BER', 'pack', units) },
  {
    name: 'packed',
    sql: `${shelf('on_hand = on_hand - 2, reserved = reserved - 2')} ${held(id, 0)} ${movement(id, 'pack', -2)}
      ${parcel(id, 'packed')} ${applied(id, PACK)} ${move(id, 'packed')}`,
  },
  { name: 'booked at the carrier', sql: bookedAt('nordpost', id) },
  { name: 'booked', sql: parcel(id, 'booked') + applied(id, BOOK) },
];

/** A label of a carrier for the order's parcel. */
export function bookedAt(carrier: string, id: string): string {
  return effect(id, `shipping/${carrier}`, 'book/BER', 'book', { carrier, shipmentId: parcelOf(id) });
}

const toPaid = (id: string): Stage[] => [
  ...toBooked(id),
  {
    name: 'captured at the provider',
    sql: effect(id, 'payment', 'capture', 'capture', { ...amount, authorisationKey: `${id}/authorise-payment` }),
  },
  { name: 'paid', sql: payment(id, 'captured = 2963') + applied(id, { kind: 'capture' }) + move(id, 'paid') },
];

/** The stages of an order that is delivered. */
export const deliveredOrder = (id: string): Stage[] => [
  ...toPaid(id),
  { name: 'shipped', sql: parcel(id, 'handed_over') + applied(id, { kind: 'hand-over' }) + move(id, 'shipped') },
  { name: 'delivered', sql: parcel(id, 'delivered') + move(id, 'delivered') },
];

/** The id of a returned order's return. */
export const returnOf = (id: string): string => id.replace('ord_', 'ret_');

const returned = (id: string, status: string): string =>
  `UPDATE orders.return SET status = '${status}' WHERE id = '${returnOf(id)}';`;

/** The stages of an order that is delivered and comes back: one mug is restocked, the other written off. */
export const returnedOrder = (id: string): Stage[] => [
  ...deliveredOrder(id),
  {
    name: 'asked to be returned',
    sql: `INSERT INTO orders.return (id, order_id, requested_by_type, requested_by_id)
      VALUES ('${returnOf(id)}', '${id}', 'customer', 'cus_1');
      INSERT INTO orders.return_line (return_id, sku, quantity) VALUES ('${returnOf(id)}', 'MUG-001', 2);`,
  },
  { name: 'authorised to be returned', sql: returned(id, 'authorised') },
  { name: 'received', sql: returned(id, 'received') },
  {
    name: 'inspected',
    sql: `UPDATE orders.return_line SET restocked = 1, written_off = 1, warehouse = 'BER'
        WHERE return_id = '${returnOf(id)}';
      ${shelf('on_hand = on_hand + 1')} ${movement(id, 'return', 1)}
      UPDATE orders.return SET refundable = 2963 WHERE id = '${returnOf(id)}'; ${returned(id, 'inspected')}
      INSERT INTO payments.refund (key, subject, order_id, amount, currency, cause, return_id, decided_by_type, decided_by_id)
      VALUES ('${returnRefundOf(id)}', 'return/${returnOf(id)}', '${id}', 2963, 'EUR', 'return', '${returnOf(id)}', 'support', 'sup_1');`,
  },
  { name: 'paid back at the provider', sql: effect(id, 'payment', `refund/return/${returnOf(id)}`, 'refund', amount) },
  {
    name: 'paid back',
    sql: `UPDATE payments.refund SET refunded_at = now() WHERE key = '${returnRefundOf(id)}';
      ${payment(id, 'refunded = 2963')} ${applied(id, refundOfReturn(returnOf(id)))}`,
  },
  { name: 'returned', sql: returned(id, 'refunded') + move(id, 'returned') },
];

/** The key of a returned order's refund. */
export function returnRefundOf(id: string): string {
  return `${id}/refund/return/${returnOf(id)}`;
}

const goodsBack = (id: string): Stage[] => [
  {
    name: 'cancelled at the carrier',
    sql: effect(id, 'shipping/nordpost', 'book/BER', 'cancel', {}) + parcel(id, 'packed') + undone(id, BOOK),
  },
  { name: 'put back by the warehouse', sql: effect(id, 'warehouse', 'pack/BER', 'return_to_shelf', units) },
  {
    name: 'returned to the shelf',
    sql: `${shelf('on_hand = on_hand + 2, reserved = reserved + 2')} ${held(id, 2)} ${parcel(id, 'returned_to_shelf')}
      ${movement(id, 'return_to_shelf', 2)} ${undone(id, PACK)}`,
  },
  { name: 'released', sql: shelf('reserved = reserved - 2') + held(id, 0) + undone(id, RESERVE) },
];

/** The stages of an order whose capture is refused, so that all of it is put back. */
export const rejectedOrder = (id: string): Stage[] => [
  ...toBooked(id),
  { name: 'compensating', sql: move(id, 'compensating') },
  ...goodsBack(id),
  { name: 'voided at the provider', sql: effect(id, 'payment', 'authorise-payment', 'void', amount) },
  { name: 'voided', sql: payment(id, 'authorised = 0') + undone(id, HOLD) },
  { name: 'rejected', sql: move(id, 'rejected') },
];

/** The stages of an order that is captured and cannot be handed over, so that all of it is put back and refunded. */
export const refundedOrder = (id: string): Stage[] => [
  ...toPaid(id),
  { name: 'stuck', sql: move(id, 'needs_attention') },
  {
    name: 'given up',
    sql: `UPDATE orders.orders SET reason = 'not_handed_over' WHERE id = '${id}'; ${move(id, 'compensating')}`,
  },
  ...goodsBack(id),
  {
    name: 'decided to be refunded',
    sql: `INSERT INTO payments.refund (key, subject, order_id, amount, currency, cause, decided_by_type, decided_by_id)
      VALUES ('${refundOf(id)}', 'not-shipped/rest', '${id}', 2963, 'EUR', 'not_shipped', 'system', 'fulfilment');`,
  },
  { name: 'refunded at the provider', sql: effect(id, 'payment', 'refund/not-shipped/rest', 'refund', amount) },
  {
    name: 'refunded',
    sql: `UPDATE payments.refund SET refunded_at = now() WHERE key = '${refundOf(id)}'; ${payment(id, 'refunded = 2963')}
      ${applied(id, refundOfUnshipped('rest'))}`,
  },
  { name: 'failed', sql: move(id, 'failed') },
];

/** The key of a refunded order's refund. */
export const refundOf = (id: string): string => `${id}/refund/not-shipped/rest`;
