import { Client } from 'pg';
import { typeid } from 'typeid-js';
import { givenDelivered, givenShelf } from '../support/given-delivered';
import { givenOrder } from '../support/given';
import { eventually } from '../support/eventually';
import { admin, customer, moveOrder, startApi, support, type TestApi } from './support';

let api: TestApi;

beforeAll(async () => {
  api = await startApi();
  await givenShelf({ url: api.databaseUrl });
});
afterAll(() => api.close());

interface Page {
  items: { id: string; status: string }[];
  nextCursor: string;
}

const read = async (cursor = '', query = '', as: typeof support | typeof customer = support): Promise<Page> => {
  const path = `/v1/orders?order=updated${query}${cursor && `&cursor=${cursor}`}`;
  return (await api.call('GET', path, { as })).body as Page;
};

/** A reader who polls with the last cursor, from now on, and what it has seen. */
async function startReader(query = '&limit=3') {
  const seen: string[] = [];
  let cursor = '';
  const poll = async () => {
    const page = await read(cursor, query);
    cursor = page.nextCursor;
    seen.push(...page.items.map(({ id }) => id));
    return page.items.length;
  };
  // Other tests' transactions on this server hold the end of the feed back too.
  const until = (...ids: string[]) =>
    eventually(poll, () => ids.every((id) => seen.includes(id)) && seen.length >= ids.length);
  const marker = (await givenOrder(api.database)).orderId;
  await until(marker);
  seen.length = 0;
  return { seen, poll, until };
}

/** A transaction that is open until it is told to commit. */
async function openTransaction() {
  const client = new Client({ connectionString: api.databaseUrl });
  await client.connect();
  await client.query('BEGIN');
  const commit = async () => {
    await client.query('COMMIT');
    await client.end();
  };
  return { client, commit };
}

/** Writes an order as the API does, within an open transaction. */
async function insertOrder({ client }: { client: Client }): Promise<string> {
  const id = typeid('ord').toString();
  await client.query(
    `INSERT INTO orders.orders (id, client_reference, customer_id, currency, country, fulfilment, items, shipping, tax,
       grand, shipping_flat, tax_basis_points)
     VALUES ($1, 'late', 'cus_1', 'EUR', 'DE', 'all_or_nothing', 0, 0, 0, 0, 0, 0)`,
    [id],
  );
  await client.query(
    `INSERT INTO payments.payment (order_id, provider, token, currency) VALUES ($1, 'x', 'x', 'EUR')`,
    [id],
  );
  await client.query(
    `INSERT INTO orders.order_line (order_id, position, sku, name, quantity, unit_price) VALUES ($1, 0, 'X-1', 'X', 1, 0)`,
    [id],
  );
  return id;
}

test('an order of a transaction that commits late is not skipped, nor one that committed meanwhile', async () => {
  const reader = await startReader();
  const late = await openTransaction();
  const lateId = await insertOrder(late);
  const { orderId } = await givenOrder(api.database);
  await reader.poll();
  await reader.poll();
  expect(reader.seen).toEqual([]);
  await late.commit();
  await reader.until(lateId, orderId);
  expect(reader.seen).toEqual([lateId, orderId]);
});

test('a change that commits late is not skipped', async () => {
  const { orderId } = await givenOrder(api.database);
  const reader = await startReader();
  const late = await openTransaction();
  await late.client.query(`UPDATE orders.orders SET status = 'validated' WHERE id = $1`, [orderId]);
  const other = await givenOrder(api.database);
  await reader.poll();
  await late.commit();
  await reader.until(orderId, other.orderId);
});

test('writers that commit in any order are all seen, each once, by a reader who polls all the while', async () => {
  const reader = await startReader();
  const written: string[] = [];
  for (let round = 0; round < 3; round += 1) {
    const open = await Promise.all(Array.from({ length: 8 }, openTransaction));
    for (const each of open) written.push(await insertOrder(each));
    for (const index of [5, 0, 7, 2, 6, 1, 4, 3]) {
      await open[index]!.commit();
      await reader.poll();
    }
  }
  await reader.until(...written);
  expect(reader.seen.toSorted()).toEqual(written.toSorted());
});

describe('without a change of its status, an order is in the feed again', () => {
  const changes: [what: string, change: (orderId: string) => Promise<unknown>][] = [
    [
      'after a change of a parcel',
      (orderId) => api.database.shipment.updateMany({ where: { orderId }, data: { trackingNumber: 'N2' } }),
    ],
    [
      'after a parcel is added',
      (orderId) => api.database.shipment.create({ data: { id: `shp_${orderId}`, orderId, leg: 2, warehouse: 'HAM' } }),
    ],
    [
      'after a change of its payment',
      (orderId) => api.database.payment.update({ where: { orderId }, data: { refunded: 100n } }),
    ],
    [
      'after a refund is decided',
      (orderId) =>
        api.database.refund.create({
          data: {
            ...{ key: `${orderId}/refund/1`, orderId, amount: 100n, currency: 'EUR', cause: 'not_shipped' },
            ...{ subject: '1', decidedByType: 'support', decidedById: 'sup_1' },
          },
        }),
    ],
  ];

  test.each(changes)('%s', async (_, change) => {
    const orderId = await givenDelivered({ url: api.databaseUrl });
    const reader = await startReader();
    const { updatedAt } = await api.database.order.findUniqueOrThrow({ where: { id: orderId } });
    await change(orderId);
    await reader.until(orderId);
    expect(reader.seen).toEqual([orderId]);
    const order = await api.database.order.findUniqueOrThrow({ where: { id: orderId } });
    expect(order.updatedAt.getTime()).toBeGreaterThan(updatedAt.getTime());
  });
});

test('what a sweep notes for itself is no change', async () => {
  const { orderId } = await givenOrder(api.database);
  const reader = await startReader();
  await api.database.order.update({ where: { id: orderId }, data: { sweptAt: new Date(), wakes: 1 } });
  await api.database.shipment.updateMany({ where: { orderId }, data: { sweptAt: new Date() } });
  const { orderId: next } = await givenOrder(api.database);
  await reader.until(next);
  expect(reader.seen).toEqual([next]);
});

test('an order stands in the feed once, at its last change, and filters join', async () => {
  const [first, second] = [await givenOrder(api.database), await givenOrder(api.database, { clientReference: 'mine' })];
  await moveOrder(api.database, first.orderId, 'validated', 'reserved');
  const all = await eventually(
    () => read('', '&limit=100'),
    ({ items }) => items.at(-1)?.id === first.orderId,
  );
  expect(all.items.filter(({ id }) => id === first.orderId)).toMatchObject([{ status: 'reserved' }]);
  const filtered = await read('', '&limit=100&clientReference=mine&status=created,reserved');
  expect(filtered.items.map(({ id }) => id)).toEqual([second.orderId]);
  const none = await read(filtered.nextCursor, '&clientReference=mine');
  expect(none.items).toEqual([]);
  expect(none.nextCursor).not.toBeNull();
});

test("a customer's feed holds their own orders only", async () => {
  await givenOrder(api.database);
  expect(
    (await api.call('GET', '/v1/orders?order=updated', { as: { ...customer, subject: 'cus_9' } })).body.items,
  ).toEqual([]);
});

const encode = (key: string) => Buffer.from(key).toString('base64url');
test.each([
  ['of a feed that is ahead, as before a restore', encode('9000000000000000000/')],
  ['of the other list', encode('2026-11-30T12:00:00.000Z/ord_01h455vb4pex5vsknk084sn02q')],
  ['that is none', 'x'],
])('a cursor %s is refused', async (_, cursor) => {
  const reply = await api.call('GET', `/v1/orders?order=updated&cursor=${cursor}`, { as: admin });
  expect(reply).toMatchObject({ status: 400, body: { errors: [{ field: 'cursor' }] } });
});
