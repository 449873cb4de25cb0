import type { Recipient } from '../adapters/ports';
import type { Database } from '../infra/database/client';
import { Prisma } from '../infra/database/generated/client';

/** The {@link Recipient} of a row of `orders.recipient` that a statement calls `r`. */
export const RECIPIENT = Prisma.sql`jsonb_build_object('name', r.name, 'line1', r.line1, 'line2', r.line2,
  'postalCode', r.postal_code, 'city', r.city, 'region', r.region, 'country', r.country, 'email', r.email,
  'phone', r.phone)`;

/** Reads whom and where an order goes to. Throws where there is no such order. */
export async function readRecipient(database: Database, orderId: string): Promise<Recipient> {
  const [row] = await database.sql.query<{ recipient: Recipient }>`
    SELECT ${RECIPIENT} AS recipient FROM orders.recipient r WHERE r.order_id = ${orderId}`;
  if (row === undefined) throw new Error(`there is no order ${orderId}`);
  return row.recipient;
}
