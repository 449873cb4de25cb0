import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { embeddedUrl, type DatabaseRole } from '../../infra/database/address';
import { keepPasswords, newPasswords, passwordFileOf, readPasswords } from '../../infra/database/passwords';
import { prepareBooks } from '../../infra/stack/database';
import { startPostgres, type RunningPostgres } from '../../infra/stack/postgres';
import { postgresAccount } from '../../infra/stack/postgres-account';
import { postgresBinary, prepareCluster } from '../../infra/stack/postgres-cluster';
import { ensureDatabase, prepareRoles } from '../../infra/stack/postgres-roles';
import { freePort } from '../support/ports';
import '../support/stack-tier';

let folder: string;
let port: number;
let server: RunningPostgres | undefined;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'consign-older-'));
  chmodSync(folder, 0o755);
  port = await freePort();
});

afterEach(async () => {
  await server?.stop();
  server = undefined;
});

afterAll(() => rmSync(folder, { recursive: true }));

const cluster = () => path.join(folder, 'postgres');

const start = async (): Promise<RunningPostgres> => {
  const settings = { fsync: 'off', shared_buffers: '1MB' };
  const logFile = path.join(folder, 'postgres.log');
  server = await startPostgres({ dataDir: cluster(), passwordFolder: folder, port, logFile, settings });
  return server;
};

const ask = async (connectionString: string, statement: string): Promise<unknown[]> => {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    return (await client.query<unknown[]>({ text: statement, rowMode: 'array' })).rows.flat();
  } finally {
    await client.end();
  }
};

const as = (role: DatabaseRole, statement: string) =>
  ask(embeddedUrl({ port, role, passwords: readPasswords(folder)! }), statement);

const OWNERS = `SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
  WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'`;

test('a cluster whose password everybody knew gets another, and its tables another owner than the superuser', async () => {
  await prepareCluster(cluster(), postgresAccount(cluster(), postgresBinary('postgres')), 'consign');
  const { passwords, url } = await start();
  await ensureDatabase(server!, 'consign');
  await prepareBooks(url('consign'), 'the books', new AbortController().signal);
  expect(await as('superuser', OWNERS)).toEqual(['consign']);

  await prepareRoles(server!, passwords, folder);
  expect(await as('superuser', OWNERS)).toEqual(['consign_owner']);
  expect(await as('app', `UPDATE inventory.warehouse SET name = 'Nord' WHERE code = 'BER' RETURNING name`)).toEqual([
    'Nord',
  ]);
  await expect(as('app', 'DROP TABLE orders.recipient')).rejects.toThrow('must be owner');
  const known = url('consign').replace(passwords.superuser, 'consign');
  await expect(ask(known, 'SELECT 1')).rejects.toThrow('password authentication failed');
}, 60_000);

test('what a later migration makes can be used by the product, and is not its own', async () => {
  await prepareRoles(await start(), server!.passwords, folder);
  await as('owner', 'CREATE SCHEMA later');
  await as('owner', 'CREATE TABLE later.thing (id bigint GENERATED ALWAYS AS IDENTITY, name text)');
  expect(await as('app', `INSERT INTO later.thing (name) VALUES ('a') RETURNING name`)).toEqual(['a']);
  await expect(as('app', 'ALTER TABLE later.thing DROP COLUMN name')).rejects.toThrow('must be owner');
}, 60_000);

test('a lost file of passwords is made anew', async () => {
  const before = readPasswords(folder)!;
  rmSync(passwordFileOf(folder));
  await prepareRoles(await start(), server!.passwords, folder);
  expect(await as('app', `SELECT name FROM inventory.warehouse WHERE code = 'BER'`)).toEqual(['Nord']);
  expect(readPasswords(folder)!.app).not.toBe(before.app);
}, 60_000);

test('a file of passwords that is of another cluster is told of in one line that says what to do', async () => {
  keepPasswords(folder, newPasswords());
  const started = await start();
  await expect(prepareRoles(started, started.passwords, folder)).rejects.toThrow(
    /^PostgreSQL runs but cannot be used: password authentication failed .*; .*database-passwords.json is of another/,
  );
}, 60_000);
