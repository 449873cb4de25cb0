import { atRest, notWrittenOff, offShelf, packStands, sandboxOrders, undone, type Check } from './check';

/** SQL: the payment effects of an operation, `e`, of the order `o`. */
const paymentEffects = (operation: string): string =>
  `sandbox.effect e WHERE e.order_id = o.id AND e.party = 'payment' AND e.operation = '${operation}'`;

/** SQL: the sum of the amounts of an operation at the payment provider, for the order `o`. */
const providerSum = (operation: string): string =>
  `(SELECT coalesce(sum((e.details->>'amount')::bigint), 0) FROM ${paymentEffects(operation)})`;

/** SQL: no effect of that operation stands under the key of the effect `e`. */
const notFollowedBy = (operation: string): string =>
  `NOT EXISTS (
    SELECT FROM sandbox.effect u WHERE u.party = e.party AND u.key = e.key AND u.operation = '${operation}')`;

/** SQL: the idempotency key under which the shipment `s` was packed. */
const PACK_KEY = `(
    SELECT t.order_id || '/' || t.step FROM orders.saga_step t
    WHERE t.order_id = o.id AND t.kind = 'pack' AND t.leg = s.leg AND t.parcel = s.warehouse)`;

/** The parties' own books say the same as ours, for orders at rest: nothing is missing there, left over or done twice. */
export const partyChecks: Check[] = [
  {
    name: 'provider-captured',
    rule: 'the payment provider took, and gave back, what our books say, if no refund is under way',
    sql: `
      SELECT o.id AS subject, p.captured || ' captured, ' || p.refunded || ' refunded' AS expected,
        ${providerSum('capture')} || ' captured, ' || ${providerSum('refund')} || ' refunded' AS found
      FROM ${sandboxOrders}
      WHERE ${atRest} AND (${providerSum('capture')} <> p.captured OR ${providerSum('refund')} <> p.refunded)
        AND NOT EXISTS (SELECT FROM payments.refund r WHERE r.order_id = o.id AND r.refunded_at IS NULL)`,
  },
  {
    name: 'captured-once',
    rule: 'the payment provider captured at most once for an order',
    sql: `
      SELECT o.id AS subject, '1 capture' AS expected, count(*) || ' captures' AS found
      FROM ${sandboxOrders} JOIN sandbox.effect e ON e.order_id = o.id
      WHERE e.party = 'payment' AND e.operation = 'capture'
      GROUP BY o.id HAVING count(*) > 1`,
  },
  {
    name: 'provider-authorised',
    rule: 'each authorisation at the payment provider was voided or captured',
    sql: `
      SELECT concat_ws(' ', o.id, e.key) AS subject, 'voided or captured' AS expected,
        (e.details->>'amount') || ' still held' AS found
      FROM ${sandboxOrders} JOIN sandbox.effect e ON e.order_id = o.id
      WHERE ${atRest} AND e.party = 'payment' AND e.operation = 'authorise' AND ${notFollowedBy('void')}
        AND NOT EXISTS (
          SELECT FROM sandbox.effect c
          WHERE c.party = 'payment' AND c.operation = 'capture' AND c.order_id = o.id
            AND c.details->>'authorisationKey' = e.key)
        AND ${notWrittenOff('authorise-payment')}`,
  },
  {
    name: 'warehouse-packs',
    rule: 'the warehouse packed, and did not put back, exactly the parcels that are out',
    sql: `
      WITH packed AS (
        SELECT o.id AS order_id, e.key,
          (SELECT sum((line->>'quantity')::int) FROM jsonb_array_elements(e.details->'lines') line) AS units
        FROM ${sandboxOrders} JOIN sandbox.effect e ON e.order_id = o.id
        WHERE ${atRest} AND e.party = 'warehouse' AND e.operation = 'pack' AND ${notFollowedBy('return_to_shelf')}
          AND ${notWrittenOff('pack')}
      ), parcel AS (
        SELECT o.id AS order_id, ${PACK_KEY} AS key, sum(l.quantity) AS units
        FROM ${sandboxOrders} JOIN orders.shipment s ON s.order_id = o.id
        JOIN orders.shipment_line l ON l.shipment_id = s.id
        WHERE ${atRest} AND ${offShelf} AND ${notWrittenOff('pack')}
        GROUP BY 1, 2
      )
      SELECT concat_ws(' ', order_id, key) AS subject, coalesce(parcel.units, 0) || ' units' AS expected,
        coalesce(packed.units, 0) || ' units' AS found
      FROM packed FULL JOIN parcel USING (order_id, key)
      WHERE coalesce(packed.units, 0) <> coalesce(parcel.units, 0)`,
  },
  {
    name: 'carrier-labels',
    rule: 'each parcel that is out has one label over all carriers, and any other parcel none',
    sql: `
      WITH label AS (
        SELECT o.id AS order_id, e.details->>'shipmentId' AS shipment_id, count(*) AS labels
        FROM ${sandboxOrders} JOIN sandbox.effect e ON e.order_id = o.id
        WHERE ${atRest} AND e.party LIKE 'shipping/%' AND e.operation = 'book' AND ${notFollowedBy('cancel')}
          AND ${notWrittenOff('book', 'stray-label')}
        GROUP BY 1, 2
      ), parcel AS (
        SELECT o.id AS order_id, s.id AS shipment_id, 1 AS labels
        FROM ${sandboxOrders} JOIN orders.shipment s ON s.order_id = o.id
        WHERE ${atRest} AND NOT ${undone} AND ${offShelf} AND ${packStands} AND ${notWrittenOff('book', 'stray-label')}
      )
      SELECT concat_ws(' ', order_id, shipment_id) AS subject, coalesce(parcel.labels, 0) || ' labels' AS expected,
        coalesce(label.labels, 0) || ' labels' AS found
      FROM label FULL JOIN parcel USING (order_id, shipment_id)
      WHERE coalesce(label.labels, 0) <> coalesce(parcel.labels, 0)`,
  },
  {
    name: 'warehouse-count',
    rule: 'what is on hand is what the warehouse counts, for skus that no order in flight has',
    sql: `
      WITH counted AS (
        SELECT sku, warehouse, sum(units) AS units FROM (
          SELECT m.sku, m.warehouse, m.change AS units FROM inventory.stock_movement m
          LEFT JOIN payments.payment p ON p.order_id = m.order_id
          WHERE m.kind IN ('adjustment', 'return') OR p.provider <> 'sandbox'
          UNION ALL
          SELECT line->>'sku', e.details->>'warehouse',
            CASE e.operation WHEN 'pack' THEN -1 ELSE 1 END * (line->>'quantity')::int
          FROM sandbox.effect e, jsonb_array_elements(e.details->'lines') AS line
          WHERE e.party = 'warehouse'
        ) AS change GROUP BY 1, 2
      )
      SELECT concat_ws(' ', sku, warehouse) AS subject, coalesce(counted.units, 0)::text AS expected,
        coalesce(l.on_hand, 0)::text AS found
      FROM inventory.stock_level l FULL JOIN counted USING (sku, warehouse)
      WHERE coalesce(l.on_hand, 0) <> coalesce(counted.units, 0) AND NOT EXISTS (
        SELECT FROM orders.orders o JOIN orders.order_line line ON line.order_id = o.id
        WHERE line.sku = coalesce(l.sku, counted.sku) AND NOT (${atRest} AND ${notWrittenOff('pack')}))`,
  },
];
