import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { prepareBooks } from '../../infra/stack/database';
import { prepareDataFolder } from '../../infra/stack/data-folder';
import { assertPortsFree } from '../../infra/stack/ports';
import { prepareCluster } from '../../infra/stack/postgres-cluster';
import type { PostgresAccount } from '../../infra/stack/postgres-account';
import { freePort } from '../support/ports';
import { sharedPart } from '../support/stack-tier';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'consign-obstacles-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

const listen = (host: string): Promise<Server> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, host, () => resolve(server));
  });

test.each(['127.0.0.1', '0.0.0.0'])('names the variable of a port that is in use on %s', async (host) => {
  const server = await listen(host);
  const { port } = server.address() as { port: number };
  const wanted = [{ variable: 'POSTGRES_PORT', host: '127.0.0.1', port }];
  await expect(assertPortsFree(wanted)).rejects.toThrow(
    `port ${port} is in use: stop what listens there, or set POSTGRES_PORT`,
  );
  server.close();
});

test('names two variables that are the same port', async () => {
  const port = await freePort();
  const wanted = ['API_PORT', 'TEMPORAL_PORT'].map((variable) => ({ variable, host: '127.0.0.1', port }));
  await expect(assertPortsFree(wanted)).rejects.toThrow(`API_PORT and TEMPORAL_PORT are both ${port}`);
});

test('says that an address is not of this machine', async () => {
  const wanted = [{ variable: 'API_PORT', host: '192.0.2.1', port: await freePort() }];
  await expect(assertPortsFree(wanted)).rejects.toThrow('set API_HOST to an address of this machine');
});

test.each([
  ['below a file', () => path.join(folder, 'file', 'data')],
  ['below /proc, which takes no folders', () => '/proc/consign/data'],
])('refuses a data folder %s', (_, dataDir) => {
  writeFileSync(path.join(folder, 'file'), '');
  expect(() => prepareDataFolder(dataDir())).toThrow(`the data folder ${dataDir()} cannot be used`);
});

test('makes the data folder and those above it', () => {
  const dataDir = path.join(folder, 'a', 'b');
  prepareDataFolder(dataDir);
  expect(readdirSync(dataDir)).toEqual(['log']);
});

const us: PostgresAccount = { owner: undefined, command: (command, args) => ({ command, args }) };

test.each([
  ['made by another version', 'PG_VERSION', '17\n', 'was made by PostgreSQL 17, and this is 18'],
  ['without a version', 'postgresql.conf', '', 'is damaged'],
])('refuses a cluster %s, and leaves it as it is', async (_, file, content, said) => {
  const cluster = path.join(folder, 'postgres');
  mkdirSync(cluster);
  writeFileSync(path.join(cluster, file), content);
  await expect(prepareCluster(cluster, us, 'password')).rejects.toThrow(said);
});

test.each([
  ['is no such', () => 'localhost:5432/books', 'must look like postgresql://'],
  ['has another password', () => server.replace(/:[^:@]*@/, ':wrong@'), 'password authentication failed'],
  ['has no such database', () => server.replace(/[^/]*$/, 'nix'), 'database "nix" does not exist'],
])('says that DATABASE_URL %s', async (_, url, said) => {
  await expect(prepareBooks(url(), 'DATABASE_URL', AbortSignal.timeout(20_000))).rejects.toThrow(said);
});

let server: string;

beforeAll(async () => {
  server = await sharedPart('postgres');
});
