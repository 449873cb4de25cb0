import type { Database } from '../../infra/database/client';

const A_DAY_MS = 24 * 3600 * 1000;

/**
 * The id of the newest other order of the customer with the same client reference in the last day, if there is one: then
 * the order may have been sent twice. Asked after the order is stored, so that of two at once one at least is warned.
 */
export async function repeatedReference(
  database: Database,
  { id, customerId, clientReference }: { id: string; customerId: string; clientReference: string },
  now: Date,
): Promise<string | undefined> {
  const [other] = await database.sql.query<{ id: string }>`
    SELECT id FROM orders.orders
    WHERE client_reference = ${clientReference} AND customer_id = ${customerId} AND id <> ${id}
      AND created_at > ${new Date(now.getTime() - A_DAY_MS)}
    ORDER BY created_at DESC, id DESC LIMIT 1`;
  return other?.id;
}
