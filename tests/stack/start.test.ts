import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '../support/ports';
import '../support/stack-tier';

let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'consign-start-'));
});

afterEach(() => rmSync(dataDir, { recursive: true }));

/** Runs the launcher to its end, on ports of its own. */
async function start(env: Record<string, string>, args: string[] = []) {
  const names = ['API_PORT', 'TEMPORAL_PORT', 'TEMPORAL_UI_PORT', 'POSTGRES_PORT'];
  const ports = await Promise.all(names.map(async (name) => [name, String(await freePort())] as const));
  const { PATH, HOME } = process.env;
  const all = { PATH, HOME, DATA_DIR: dataDir, ...Object.fromEntries(ports), ...env };
  return new Promise<{ code: number; stdout: string; errors: string[] }>((resolve) => {
    const child = execFile(process.execPath, ['infra/stack/start.mjs', ...args], { env: all }, (_, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, errors: stderr.trim().split('\n') });
    });
  });
}

const listen = (): Promise<Server> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => resolve(server));
  });

test('says what it does when asked for help', async () => {
  const { code, stdout } = await start({}, ['--help']);
  expect(code).toBe(0);
  expect(stdout).toContain('DATA_DIR');
});

test('says in one line that a port is in use, and leaves nothing behind', async () => {
  const server = await listen();
  const port = String((server.address() as { port: number }).port);
  const { code, errors } = await start({ TEMPORAL_UI_PORT: port });
  server.close();
  expect({ code, errors }).toEqual({
    code: 1,
    errors: [`port ${port} is in use: stop what listens there, or set TEMPORAL_UI_PORT to a free port`],
  });
  expect(readdirSync(dataDir)).toEqual(['log']);
});

test('says in one line which setting is wrong', async () => {
  const { code, errors } = await start({ API_PORT: 'many' });
  expect(code).toBe(1);
  expect(errors).toEqual([expect.stringMatching(/^the configuration is not usable: API_PORT: /)]);
});

test('says in one line that the database is damaged', async () => {
  mkdirSync(path.join(dataDir, 'postgres'));
  writeFileSync(path.join(dataDir, 'postgres', 'postgresql.conf'), '');
  const { code, errors } = await start({ TEMPORAL_ADDRESS: '127.0.0.1:1' });
  expect(code).toBe(1);
  expect(errors).toEqual([expect.stringContaining('postgres is damaged')]);
});

test('says in one line that the database of the user cannot be reached, and does not show its password', async () => {
  const url = `postgresql://me:secret@127.0.0.1:${await freePort()}/mine`;
  const { code, errors } = await start({ DATABASE_URL: url, TEMPORAL_ADDRESS: '127.0.0.1:1' });
  expect(code).toBe(1);
  expect(errors).toEqual([expect.stringContaining('DATABASE_URL: it cannot be reached')]);
  expect(errors[0]).not.toContain('secret');
});
