import { partyOf, stepKinds, undoableKinds, type StepKind } from '../../domain/step-kinds';
import { atRest, delivered, kindsIn, packStands, parcelHas, sandboxOrders, undone, type Check } from './check';

/** The steps that every delivered order has taken. */
const NEEDED: StepKind[] = ['authorise-payment', 'capture', 'hand-over'];

/** The kinds of steps that ask a party. */
const AT_PARTIES = (Object.keys(stepKinds) as StepKind[]).filter((kind) => partyOf(kind) !== undefined);

/** What a step did stands or was undone, as the order's end asks, and an order's life follows the table. */
export const sagaChecks: Check[] = [
  {
    name: 'undoing',
    rule: 'no undo is owed to a party for an order at rest, nor for longer than a minute for one that goes on',
    sql: `
      SELECT concat_ws(' ', o.id, t.step) AS subject, 'undone' AS expected, t.state AS found
      FROM orders.orders o JOIN orders.saga_step t ON t.order_id = o.id
      WHERE t.state = 'undoing' AND (${atRest} OR (t.late AND t.undoing_at < now() - interval '1 minute'))`,
  },
  {
    name: 'undone',
    rule: 'no step of an undone order that has an undo is left applied, but for an authorisation that was captured',
    sql: `
      SELECT concat_ws(' ', o.id, t.step) AS subject, 'undone' AS expected, t.state AS found
      FROM orders.orders o JOIN orders.saga_step t ON t.order_id = o.id
      WHERE ${undone} AND t.state = 'applied' AND t.kind IN ${kindsIn(undoableKinds)}
        AND NOT (t.kind = 'authorise-payment' AND EXISTS (
          SELECT FROM orders.saga_step c WHERE c.order_id = o.id AND c.kind = 'capture' AND c.state = 'applied'))`,
  },
  {
    name: 'applied',
    rule: 'a delivered order was authorised, captured and handed over',
    sql: `
      SELECT concat_ws(' ', o.id, needed.kind) AS subject, 'applied' AS expected,
        coalesce((
          SELECT string_agg(t.state, ', ') FROM orders.saga_step t WHERE t.order_id = o.id AND t.kind = needed.kind
        ), 'no such step') AS found
      FROM orders.orders o CROSS JOIN (SELECT unnest(ARRAY[${NEEDED.map((kind) => `'${kind}'`).join(', ')}])) AS needed (kind)
      WHERE ${delivered} AND NOT EXISTS (
        SELECT FROM orders.saga_step t
        WHERE t.order_id = o.id AND t.kind = needed.kind AND t.state IN ('applied', 'skipped'))`,
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
    rule: 'every parcel of a delivered order arrived; only those dropped, or of a leg before the last, went back',
    sql: `
      SELECT concat_ws(' ', o.id, coalesce(s.id, 'no parcel')) AS subject, 'delivered' AS expected,
        coalesce(s.status, 'nothing') AS found
      FROM orders.orders o LEFT JOIN orders.shipment s ON s.order_id = o.id
      WHERE ${delivered} AND s.status IS DISTINCT FROM 'delivered' AND ${packStands} AND NOT (
        s.status IN ('allocated', 'returned_to_shelf')
        AND (
          s.leg < (SELECT max(leg) FROM orders.shipment later WHERE later.order_id = o.id)
          OR ${parcelHas('drop', 'applied')}))`,
  },
  {
    name: 'owned',
    rule: "each effect at a party, for an order at rest, belongs to a step of the order's ledger, or to a decided refund",
    sql: `
      SELECT concat_ws(' ', e.party, e.operation) || ' ' || e.key AS subject, 'a step of the ledger' AS expected,
        'none' AS found
      FROM ${sandboxOrders} JOIN sandbox.effect e ON e.order_id = o.id
      WHERE ${atRest} AND e.party <> 'notification' AND NOT EXISTS (
        SELECT FROM orders.saga_step t
        WHERE t.order_id = o.id AND t.kind IN ${kindsIn(AT_PARTIES)}
          AND t.order_id || '/' || t.step = CASE WHEN e.operation = 'hand_over' THEN e.ends ELSE e.key END)
        AND NOT EXISTS (SELECT FROM payments.refund r WHERE r.key = e.key)`,
  },
];
