import { notWrittenOff, paid, undone, type Check } from './check';

/** Captured is the value of what shipped, refunded what was decided to be, and no authorisation outlives its order. */
export const moneyChecks: Check[] = [
  {
    name: 'items',
    rule: 'the price of the goods is that of the lines, without what was dropped',
    sql: `
      SELECT o.id AS subject, coalesce(l.items, 0)::text AS expected, o.items::text AS found
      FROM orders.orders o
      LEFT JOIN (
        SELECT order_id, sum(unit_price * (quantity - dropped_quantity)) AS items FROM orders.order_line GROUP BY 1
      ) l ON l.order_id = o.id
      WHERE o.items <> coalesce(l.items, 0)`,
  },
  {
    name: 'captured',
    rule: 'captured is the grand total of an order past the pivot, and nothing of any other',
    sql: `
      SELECT o.id AS subject, CASE WHEN ${paid} THEN o.grand ELSE 0 END::text AS expected, p.captured::text AS found
      FROM orders.orders o JOIN payments.payment p ON p.order_id = o.id
      WHERE o.status <> 'needs_attention' AND p.captured <> CASE WHEN ${paid} THEN o.grand ELSE 0 END
        AND ${notWrittenOff('capture')}`,
  },
  {
    name: 'refunded',
    rule: 'refunded is the sum of the decided refunds, of which there are none yet',
    sql: `
      SELECT p.order_id AS subject, '0' AS expected, p.refunded::text AS found
      FROM payments.payment p WHERE p.refunded <> 0`,
  },
  {
    name: 'payment',
    rule: 'every order has a payment, in its own currency',
    sql: `
      SELECT o.id AS subject, o.currency AS expected, coalesce(p.currency, 'no payment') AS found
      FROM orders.orders o LEFT JOIN payments.payment p ON p.order_id = o.id
      WHERE p.currency IS DISTINCT FROM o.currency`,
  },
  {
    name: 'authorised',
    rule: 'no authorisation outlives an order that was undone',
    sql: `
      SELECT o.id AS subject, '0' AS expected, p.authorised::text AS found
      FROM orders.orders o JOIN payments.payment p ON p.order_id = o.id
      WHERE ${undone} AND p.authorised <> 0 AND ${notWrittenOff('authorise-payment')}`,
  },
];
