import type { Recipient } from '../adapters/ports';
import type { Database } from '../infra/database/client';

/** Reads whom and where an order goes to. Throws where there is no such order. */
export async function readRecipient(database: Database, orderId: string): Promise<Recipient> {
  const [recipient] = await database.sql.query<Recipient>`
    SELECT name, line1, line2, postal_code AS "postalCode", city, region, country, email, phone
    FROM orders.recipient WHERE order_id = ${orderId}`;
  if (recipient === undefined) throw new Error(`there is no order ${orderId}`);
  return recipient;
}
