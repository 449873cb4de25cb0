import { notWrittenOff, paid, refundStands, shipped, undone, type Check } from './check';

/** SQL: the sum of the decided refunds `r` of the order `o` for which the condition holds. */
const refunds = (condition: string): string =>
  `(SELECT coalesce(sum(r.amount), 0) FROM payments.refund r WHERE r.order_id = o.id AND (${condition}))`;

/** SQL: the refund `r` is of what was captured and did not ship. */
const NOT_SHIPPED = `r.cause = 'not_shipped'`;

/** SQL: the order `o` may be on its way to a refund of what cannot ship, which is not decided yet. */
const refundMayBeDue = `(o.status = 'paid' OR (o.status = 'compensating' AND o.reason = 'not_handed_over'))`;

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
    rule: 'captured is the grand total of an order past the pivot and what is refunded since it did not ship; of any other nothing',
    sql: `
      SELECT o.id AS subject, due.amount::text AS expected, p.captured::text AS found
      FROM orders.orders o JOIN payments.payment p ON p.order_id = o.id
      CROSS JOIN LATERAL (
        SELECT CASE WHEN ${paid} THEN o.grand ELSE 0 END + ${refunds(NOT_SHIPPED)} AS amount
      ) due
      WHERE o.status <> 'needs_attention' AND ${notWrittenOff('capture')}
        AND (p.captured < due.amount OR (p.captured > due.amount AND NOT ${refundMayBeDue}))`,
  },
  {
    name: 'refunded',
    rule: 'refunded is the sum of the refunds that were decided and done; done, or written off, are all of what did not ship, once the rest has',
    sql: `
      SELECT o.id AS subject, due.amount::text AS expected, p.refunded::text AS found
      FROM orders.orders o JOIN payments.payment p ON p.order_id = o.id
      CROSS JOIN LATERAL (
        SELECT ${refunds(`r.refunded_at IS NOT NULL OR (${NOT_SHIPPED} AND (${undone} OR ${shipped}) AND ${refundStands('r')})`)} AS amount
      ) due
      WHERE p.refunded <> due.amount`,
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
    rule: 'no authorisation outlives an order that was undone, unless it was captured',
    sql: `
      SELECT o.id AS subject, '0' AS expected, p.authorised::text AS found
      FROM orders.orders o JOIN payments.payment p ON p.order_id = o.id
      WHERE ${undone} AND p.authorised <> 0 AND o.reason IS DISTINCT FROM 'not_handed_over'
        AND ${notWrittenOff('authorise-payment')}`,
  },
];
