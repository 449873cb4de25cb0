import type { Database } from '../infra/database/client';
import type { Money } from '../contracts/money';
import type { Recipient } from '../adapters/ports';
import { money } from '../domain/money';

/** What the steps need of an order's row. */
export interface OrderFacts {
  grand: Money;
  token: string;
}

/** Reads an order's price and payment token. Throws where there is no such order. */
export async function readOrder(database: Database, orderId: string): Promise<OrderFacts> {
  const [row] = await database.$queryRaw<{ grand: bigint; currency: string; token: string }[]>`
    SELECT o.grand, o.currency, p.token
    FROM orders.orders o JOIN payments.payment p ON p.order_id = o.id
    WHERE o.id = ${orderId}`;
  if (row === undefined) throw new Error(`there is no order ${orderId}`);
  return { grand: money(Number(row.grand), row.currency), token: row.token };
}

/** Reads whom and where an order goes to. Throws where there is no such order. */
export async function readRecipient(database: Database, orderId: string): Promise<Recipient> {
  const { orderId: _, ...recipient } = await database.recipient.findUniqueOrThrow({ where: { orderId } });
  return recipient;
}
