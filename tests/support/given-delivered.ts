import { Client } from 'pg';
import { typeid } from 'typeid-js';
import { deliveredOrder, stock } from '../books/order-script';
import type { TestDatabase } from './database';

/**
 * Puts `MUG-001` on a shelf in BER, so that orders can have been delivered from it. The books balance before and after
 * each of these.
 */
export const givenShelf = (db: Pick<TestDatabase, 'url'>): Promise<void> =>
  onClient(db.url, async (client) => {
    await client.query(`INSERT INTO inventory.warehouse (code, name) VALUES ('BER', 'Berlin'), ('HAM', 'Hamburg')`);
    await client.query(stock);
  });

/**
 * Stores an order of `cus_1` as it stands when it is delivered: 2 × MUG-001 at 10.00 EUR from BER, 29.63 EUR captured, of
 * which 4.90 are for shipping and 4.73 tax; a third mug was dropped. Returns its id.
 */
export async function givenDelivered(db: Pick<TestDatabase, 'url'>): Promise<string> {
  const orderId = typeid('ord').toString();
  await onClient(db.url, async (client) => {
    for (const { sql } of deliveredOrder(orderId)) await client.query(sql);
    await client.query(`
      INSERT INTO orders.recipient (order_id, name, line1, postal_code, city, country, email)
      VALUES ('${orderId}', 'Ada Lovelace', 'Torstr. 1', '10119', 'Berlin', 'DE', 'ada@example.com')`);
  });
  return orderId;
}

async function onClient(connectionString: string, run: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    await run(client);
  } finally {
    await client.end();
  }
}
