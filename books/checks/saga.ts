import { atRest, delivered, packStands, parcelStep, undone, type Check } from './check';

/** What a step did stands or was undone, as the order's end asks, and an order's life follows the table. */
export const sagaChecks: Check[] = [
  {
    name: 'undoing',
    rule: 'no step of an order at rest is still being undone',
    sql: `
      SELECT concat_ws(' ', o.id, t.step) AS subject, 'undone' AS expected, t.state AS found
      FROM orders.orders o JOIN orders.saga_step t ON t.order_id = o.id
      WHERE ${atRest} AND t.state = 'undoing'`,
  },
  {
    name: 'undone',
    rule: 'no step of an undone order that has an undo is left applied, but for an authorisation that was captured',
    sql: `
      SELECT concat_ws(' ', o.id, t.step) AS subject, 'undone' AS expected, t.state AS found
      FROM orders.orders o JOIN orders.saga_step t ON t.order_id = o.id
      WHERE ${undone} AND t.state = 'applied' AND t.step ~ '^(authorise-payment|reserve-stock|pack/|book/)'
        AND NOT (t.step ~ '^authorise-payment' AND EXISTS (
          SELECT FROM orders.saga_step c WHERE c.order_id = o.id AND c.step = 'capture' AND c.state = 'applied'))`,
  },
  {
    name: 'applied',
    rule: 'a delivered order was authorised, captured and handed over',
    sql: `
      SELECT concat_ws(' ', o.id, needed.step) AS subject, 'applied' AS expected,
        coalesce((
          SELECT string_agg(t.state, ', ') FROM orders.saga_step t
          WHERE t.order_id = o.id AND t.step ~ ('^' || needed.step)
        ), 'no such step') AS found
      FROM orders.orders o CROSS JOIN (VALUES ('authorise-payment'), ('capture'), ('hand-over')) AS needed (step)
      WHERE ${delivered} AND NOT EXISTS (
        SELECT FROM orders.saga_step t
        WHERE t.order_id = o.id AND t.step ~ ('^' || needed.step) AND t.state IN ('applied', 'skipped'))`,
  },
  {
    name: 'status',
    rule: "an order's status is the last one of its timeline",
    sql: `
      SELECT o.id AS subject, coalesce(last.status, 'a timeline') AS expected, o.status AS found
      FROM orders.orders o
      LEFT JOIN (
        SELECT DISTINCT ON (order_id) order_id, status FROM orders.timeline_entry
        WHERE status IS NOT NULL ORDER BY order_id, id DESC
      ) last ON last.order_id = o.id
      WHERE o.status IS DISTINCT FROM last.status`,
  },
  {
    name: 'moves',
    rule: 'each move of a timeline is one of the table of statuses',
    sql: `
      WITH entry AS (
        SELECT order_id, status, lag(status, 1, 'created') OVER (PARTITION BY order_id ORDER BY id) AS before
        FROM orders.timeline_entry WHERE status IS NOT NULL
      )
      SELECT entry.order_id AS subject, 'a status that may follow ' || before AS expected, status AS found
      FROM entry LEFT JOIN orders.status_transition t ON t.from_status = before AND t.to_status = status
      WHERE status <> before AND t.from_status IS NULL`,
  },
  {
    name: 'delivered',
    rule: 'every parcel of a delivered order arrived; only those dropped, or of a leg that was tried again, went back',
    sql: `
      SELECT concat_ws(' ', o.id, coalesce(s.id, 'no parcel')) AS subject, 'delivered' AS expected,
        coalesce(s.status, 'nothing') AS found
      FROM orders.orders o LEFT JOIN orders.shipment s ON s.order_id = o.id
      WHERE ${delivered} AND s.status IS DISTINCT FROM 'delivered' AND ${packStands} AND NOT (
        s.status IN ('allocated', 'returned_to_shelf')
        AND (
          s.leg < (SELECT max(leg) FROM orders.shipment later WHERE later.order_id = o.id)
          OR EXISTS (
            SELECT FROM orders.saga_step t
            WHERE t.order_id = o.id AND t.state = 'applied' AND t.step = ${parcelStep('drop')})))`,
  },
];
