import { delivered, refundStands, sandboxOrders, type Check } from './check';

/** SQL: a return with that alias has ended, whichever way. */
const ended = (alias: string): string => `${alias}.status IN ('refunded', 'closed', 'rejected', 'expired')`;

/** What was delivered of each sku of an order, and what of it came back by inspected returns. */
const CAME_BACK = `
  SELECT d.order_id, d.sku, d.units AS delivered, coalesce(b.units, 0) AS back
  FROM (
    SELECT s.order_id, l.sku, sum(l.quantity) AS units
    FROM orders.shipment s JOIN orders.shipment_line l ON l.shipment_id = s.id
    WHERE s.status = 'delivered' GROUP BY 1, 2
  ) d
  FULL JOIN (
    SELECT r.order_id, l.sku, sum(l.restocked + l.written_off) AS units
    FROM orders.return r JOIN orders.return_line l ON l.return_id = r.id GROUP BY 1, 2
  ) b USING (order_id, sku)`;

/** What came back is on its shelf or written off, paid back as it was decided, and never more than was delivered. */
export const returnChecks: Check[] = [
  {
    name: 'came-back',
    rule: 'no more of a sku comes back than was delivered',
    sql: `
      WITH unit AS (${CAME_BACK})
      SELECT concat_ws(' ', order_id, sku) AS subject, 'at most ' || coalesce(delivered, 0) AS expected,
        back::text AS found
      FROM unit WHERE back > coalesce(delivered, 0)`,
  },
  {
    name: 'restocked',
    rule: 'what returns put on a shelf is what their inspections restocked there',
    sql: `
      WITH moved AS (
        SELECT order_id, sku, warehouse, sum(change) AS units FROM inventory.stock_movement
        WHERE kind = 'return' GROUP BY 1, 2, 3
      ), found AS (
        SELECT r.order_id, l.sku, l.warehouse, sum(l.restocked) AS units
        FROM orders.return r JOIN orders.return_line l ON l.return_id = r.id
        WHERE l.restocked > 0 GROUP BY 1, 2, 3
      )
      SELECT concat_ws(' ', order_id, sku, warehouse) AS subject, coalesce(found.units, 0)::text AS expected,
        coalesce(moved.units, 0)::text AS found
      FROM moved FULL JOIN found USING (order_id, sku, warehouse)
      WHERE coalesce(moved.units, 0) <> coalesce(found.units, 0)`,
  },
  {
    name: 'return-refunds',
    rule: 'an inspected return is refunded at most what is due for it; a refunded one has its refund done, a closed one none but a written-off one',
    sql: `
      SELECT concat_ws(' ', r.order_id, r.id) AS subject,
        CASE r.status WHEN 'inspected' THEN 'at most ' || r.refundable WHEN 'refunded' THEN 'at most ' || r.refundable
          || ', done' ELSE 'nothing' END AS expected,
        coalesce(f.amount || CASE WHEN f.refunded_at IS NULL THEN ', not done' ELSE ', done' END, 'nothing') AS found
      FROM orders.return r LEFT JOIN payments.refund f ON f.return_id = r.id
      WHERE NOT CASE r.status
        WHEN 'inspected' THEN coalesce(f.amount, 0) <= r.refundable
        WHEN 'refunded' THEN coalesce(f.amount <= r.refundable AND f.refunded_at IS NOT NULL, false)
        WHEN 'closed' THEN f.key IS NULL OR NOT ${refundStands('f')}
        ELSE f.key IS NULL END`,
  },
  {
    name: 'returned',
    rule: 'a delivered order is returned when all of it is back and all its returns have ended, and not before',
    sql: `
      WITH came_back AS (
        SELECT order_id, bool_and(back >= coalesce(delivered, 0)) AS all_back FROM (${CAME_BACK}) unit GROUP BY 1
      ), open AS (
        SELECT DISTINCT r.order_id FROM orders.return r WHERE NOT ${ended('r')}
      )
      SELECT o.id AS subject, due.status AS expected, o.status AS found
      FROM orders.orders o
      LEFT JOIN came_back b ON b.order_id = o.id
      LEFT JOIN open ON open.order_id = o.id
      CROSS JOIN LATERAL (
        SELECT CASE WHEN b.all_back AND open.order_id IS NULL THEN 'returned' ELSE 'delivered' END AS status
      ) due
      WHERE ${delivered} AND o.status <> due.status`,
  },
  {
    name: 'provider-refunded',
    rule: 'each refund that is done took place at the payment provider, as it was decided, and no other did',
    sql: `
      WITH given_back AS (
        SELECT e.order_id, e.key, (e.details->>'amount')::bigint AS amount
        FROM ${sandboxOrders} JOIN sandbox.effect e ON e.order_id = o.id
        WHERE e.party = 'payment' AND e.operation = 'refund'
      ), decided AS (
        SELECT r.order_id, r.key, r.amount, r.refunded_at IS NOT NULL AS done
        FROM ${sandboxOrders} JOIN payments.refund r ON r.order_id = o.id
      )
      SELECT coalesce(given_back.key, decided.key) AS subject, coalesce(decided.amount::text, 'no refund') AS expected,
        coalesce(given_back.amount::text, 'no refund') AS found
      FROM given_back FULL JOIN decided USING (order_id, key)
      WHERE decided.key IS NULL OR (given_back.key IS NULL AND decided.done) OR given_back.amount <> decided.amount`,
  },
];
