import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { tokenRules, verifyToken } from '../../api/access/tokens';
import { readConfig } from '../../infra/config';
import { findJwtSecret, loadJwtSecret } from '../../infra/jwt-secret';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { freePort } from '../support/ports';
import { givenCatalogue, orderBody } from './support';

const run = promisify(execFile);

let db: TestDatabase;
let env: Record<string, string>;
let api: ChildProcess;
const dataDir = mkdtempSync(path.join(tmpdir(), 'consign-api-'));

const token = (...args: string[]) =>
  run('npm', ['run', '-s', 'token', '--', ...args], { env: { ...process.env, ...env } });

beforeAll(async () => {
  db = await createTestDatabase();
  await givenCatalogue(db.database);
  env = {
    DATA_DIR: dataDir,
    DATABASE_URL: db.url,
    API_PORT: String(await freePort()),
    TEMPORAL_ADDRESS: `127.0.0.1:${await freePort()}`,
    LOG_LEVEL: 'warn',
    SANDBOX: 'on',
  };
  const stdio = ['ignore', 'ignore', 'inherit', 'ipc'] as const;
  api = spawn(process.execPath, ['--import', 'tsx', 'api/server.ts'], {
    env: { ...process.env, ...env },
    stdio: [...stdio],
  });
  await once(api, 'message');
});
afterAll(async () => {
  if (api.exitCode === null) api.kill('SIGKILL');
  rmSync(dataDir, { recursive: true, force: true });
  await db.drop();
});

test('the process accepts an order, with a token that the command prints, while no Temporal is there', async () => {
  const { stdout } = await token('--role', 'customer', '--subject', 'cus_1');
  const response = await fetch(`http://127.0.0.1:${env['API_PORT']}/v1/orders`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stdout.trim()}`, 'content-type': 'application/json' },
    body: JSON.stringify(orderBody()),
  });
  expect(response.status).toBe(202);
  expect(await db.database.order.count()).toBe(1);
});

test('the command prints nothing but a token, for the role and subject asked for', async () => {
  const { stdout } = await token('--role', 'support', '--subject', 'sup_1', '--expires-in', '5m');
  const config = readConfig({ DATA_DIR: dataDir });
  expect(await verifyToken(tokenRules(config, findJwtSecret(config)), stdout.trim())).toMatchObject({
    subject: 'sup_1',
    role: 'support',
  });
});

test.each([
  [['--role', 'root', '--subject', 'a'], '--role must be one of'],
  [['--role', 'admin'], '--subject must be given'],
  [['--role', 'admin', '--subject', 'a', '--expires-in', 'soon'], '--expires-in must be'],
  [
    ['--role', 'support', '--subject', 'a', '--expires-in', '13h'],
    '--expires-in must be at most 12h for the role support',
  ],
  [
    ['--role', 'customer', '--subject', 'a', '--expires-in', '2d'],
    '--expires-in must be at most 24h for the role customer',
  ],
  [['--rule', 'admin'], "Unknown option '--rule'"],
  [['admin'], "Unexpected argument 'admin'"],
])('the command refuses %j and says what would be right', async (args, message) => {
  await expect(token(...args)).rejects.toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(message) });
});

test('the secret is made once, and for its owner only', () => {
  const config = readConfig({ DATA_DIR: dataDir });
  expect(loadJwtSecret(config)).toBe(loadJwtSecret(config));
  expect(statSync(path.join(dataDir, 'jwt-secret')).mode & 0o777).toBe(0o600);
  const own = 'a secret that somebody chose himself';
  expect(loadJwtSecret(readConfig({ DATA_DIR: dataDir, JWT_SECRET: own }))).toBe(own);
});

test('the command makes no secret, which no API would know: it says that it found none', async () => {
  const empty = mkdtempSync(path.join(tmpdir(), 'consign-no-stack-'));
  const args = ['run', '-s', 'token', '--', '--role', 'admin', '--subject', 'a'];
  await expect(run('npm', args, { env: { ...process.env, ...env, DATA_DIR: empty } })).rejects.toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/^no secret for tokens was found: .*jwt-secret is missing; run npm start first.*\n$/),
  });
  expect(readdirSync(empty)).toEqual([]);
  rmSync(empty, { recursive: true });
});

test('the process stops cleanly when it is told to', async () => {
  const exited = once(api, 'exit');
  api.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
});
