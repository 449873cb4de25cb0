import { atRest, notWrittenOff, offShelf, packStands, shipped, type Check } from './check';

/** Every unit of stock is on the shelf, in a live reservation or in a parcel. */
export const stockChecks: Check[] = [
  {
    name: 'on-hand',
    rule: 'what is on hand is the sum of the movements of its shelf',
    sql: `
      SELECT concat_ws(' ', sku, warehouse) AS subject, coalesce(m.units, 0)::text AS expected,
        coalesce(l.on_hand, 0)::text AS found
      FROM inventory.stock_level l
      FULL JOIN (SELECT sku, warehouse, sum(change) AS units FROM inventory.stock_movement GROUP BY 1, 2) m
        USING (sku, warehouse)
      WHERE coalesce(l.on_hand, 0) <> coalesce(m.units, 0)`,
  },
  {
    name: 'reserved',
    rule: 'what is reserved is the sum of what reservations hold on its shelf',
    sql: `
      SELECT concat_ws(' ', sku, warehouse) AS subject, coalesce(r.units, 0)::text AS expected,
        coalesce(l.reserved, 0)::text AS found
      FROM inventory.stock_level l
      FULL JOIN (SELECT sku, warehouse, sum(held) AS units FROM inventory.reservation GROUP BY 1, 2) r
        USING (sku, warehouse)
      WHERE coalesce(l.reserved, 0) <> coalesce(r.units, 0)`,
  },
  {
    name: 'held',
    rule: 'an order at rest holds nothing on a shelf',
    sql: `
      SELECT o.id AS subject, '0' AS expected, sum(r.held)::text AS found
      FROM orders.orders o JOIN inventory.reservation r ON r.order_id = o.id
      WHERE ${atRest} AND r.held > 0 AND ${notWrittenOff('reserve-stock', 'pack')}
      GROUP BY o.id`,
  },
  {
    name: 'parcels',
    rule: 'what an order took off the shelves is what its parcels hold',
    sql: `
      WITH moved AS (
        SELECT order_id, sku, warehouse, -sum(change) AS units FROM inventory.stock_movement
        WHERE kind IN ('pack', 'return_to_shelf') GROUP BY 1, 2, 3
      ), parcel AS (
        SELECT s.order_id, l.sku, s.warehouse, sum(l.quantity) AS units
        FROM orders.shipment s JOIN orders.shipment_line l ON l.shipment_id = s.id
        WHERE ${offShelf} GROUP BY 1, 2, 3
      )
      SELECT concat_ws(' ', order_id, sku, warehouse) AS subject, coalesce(parcel.units, 0)::text AS expected,
        coalesce(moved.units, 0)::text AS found
      FROM moved FULL JOIN parcel USING (order_id, sku, warehouse)
      WHERE coalesce(moved.units, 0) <> coalesce(parcel.units, 0) AND NOT EXISTS (
        SELECT FROM orders.saga_step w
        WHERE w.order_id = coalesce(moved.order_id, parcel.order_id) AND w.state = 'skipped'
          AND w.kind = 'pack' AND w.parcel = coalesce(moved.warehouse, parcel.warehouse))`,
  },
  {
    name: 'contents',
    rule: 'the parcels of a shipped order hold what was ordered, without what was dropped',
    sql: `
      WITH wanted AS (
        SELECT o.id AS order_id, l.sku, sum(l.quantity - l.dropped_quantity) AS units
        FROM orders.orders o JOIN orders.order_line l ON l.order_id = o.id
        WHERE ${shipped} GROUP BY 1, 2
      ), sent AS (
        SELECT o.id AS order_id, l.sku, sum(l.quantity) AS units
        FROM orders.orders o
        JOIN orders.shipment s ON s.order_id = o.id
        JOIN orders.shipment_line l ON l.shipment_id = s.id
        WHERE ${shipped} AND ${offShelf} AND ${packStands} GROUP BY 1, 2
      )
      SELECT concat_ws(' ', order_id, sku) AS subject, coalesce(wanted.units, 0)::text AS expected,
        coalesce(sent.units, 0)::text AS found
      FROM wanted FULL JOIN sent USING (order_id, sku)
      WHERE coalesce(wanted.units, 0) <> coalesce(sent.units, 0)`,
  },
];
