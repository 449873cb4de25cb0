import { execFile } from 'node:child_process';
import { Client } from 'pg';
import { checks, verifyBooks } from '../../books/verify';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { freePort } from '../support/ports';
import { deliveredOrder, rejectedOrder, returnedOrder, stock } from './order-script';

const orderId = (index: number): string => `ord_${String(index).padStart(26, '0')}`;

let db: TestDatabase;
let client: Client;

beforeAll(async () => {
  db = await createTestDatabase();
  client = new Client({ connectionString: db.url });
  await client.connect();
  await client.query(stock);
});
afterAll(async () => {
  await client.end();
  await db.drop();
});

test('books that are being written to break no rule', async () => {
  const done = new AbortController();
  const write = async () => {
    for (let index = 0; index < 40; index += 1) {
      const life = [deliveredOrder, rejectedOrder, returnedOrder][index % 3] ?? deliveredOrder;
      for (const { sql } of life(orderId(index))) await client.query(sql);
    }
    done.abort();
  };
  const written = write();
  while (!done.signal.aborted) expect((await verifyBooks(db.url)).violations).toEqual([]);
  await written;
});

test('the command ends with 0 and what it checked where all is in order', async () => {
  const { exitCode, stdout } = await command(db.url);
  expect([exitCode, stdout]).toEqual([
    0,
    expect.stringMatching(/^\d+ orders, .* checked: 0 violations, 0 write-offs\n$/),
  ]);
});

test('the command says what a write-off left reserved, and what frees it', async () => {
  const id = orderId(1);
  const swap = (state: string, held: number, by: number) => `
    UPDATE orders.saga_step SET state = '${state}' WHERE order_id = '${id}' AND step = 'reserve-stock';
    UPDATE inventory.reservation SET held = ${held} WHERE order_id = '${id}';
    UPDATE inventory.stock_level SET reserved = reserved + ${by} WHERE sku = 'MUG-001' AND warehouse = 'BER'`;
  await client.query(swap('skipped', 2, 2));
  const { exitCode, stdout } = await command(db.url);
  await client.query(swap('undone', 0, -2));
  expect(exitCode).toBe(0);
  expect(stdout).toContain(
    `${id} MUG-001 BER: 2 units are reserved for nobody since then; a count of the shelf frees them\n`,
  );
});

test('the command ends with 1 and a line for each violation', async () => {
  await client.query(stock.replaceAll('MUG-001', 'CAP-001').replace('100);', '99);'));
  const { exitCode, stdout } = await command(db.url);
  expect(exitCode).toBe(1);
  const broken = checks.filter(({ name }) => ['on-hand', 'warehouse-count'].includes(name));
  const lines = broken.map(({ name, rule }) => `CAP-001 BER: expected 100, found 99 (${name}: ${rule})`);
  expect(stdout.split('\n').slice(0, -2)).toEqual(lines);
  expect(stdout).toMatch(/: 2 violations, 0 write-offs\n$/);
});

test('the command ends with 2 and one line where the books cannot be read', async () => {
  const { exitCode, stderr } = await command(`postgresql://consign@127.0.0.1:${await freePort()}/consign`);
  expect([exitCode, stderr]).toEqual([2, expect.stringMatching(/^the books cannot be read: .*ECONNREFUSED.*\n$/)]);
});

/** Runs `npm run verify-books` on a database, without npm. */
function command(url: string): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const args = ['--import', 'tsx', 'workers/verify-books-command.ts'];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env: { ...process.env, DATABASE_URL: url } }, (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}
