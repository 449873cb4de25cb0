import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { issueToken } from '../../api/access/tokens';
import { openDatabase } from '../../infra/database/client';
import type { RunningPart } from '../../infra/stack/part';
import { startTemporal } from '../../infra/stack/temporal';
import { seed } from '../../prisma/seed';
import { eventually } from '../support/eventually';
import { freePort } from '../support/ports';
import { orderBody } from '../support/stack';
import { sharedPart } from '../support/stack-tier';
import { buildImageFolder, commandsOf, stages } from './image';

jest.setTimeout(300_000);

const secret = 'a secret of this test, of forty characters';
const folder = mkdtempSync(path.join(tmpdir(), 'consign-production-'));
const running = new Set<ChildProcess>();
let image: { folder: string; remove(): void };
let temporal: RunningPart;
let env: Record<string, string>;
let database: string;

/** What a process printed, and how it ended. */
interface Run {
  child: ChildProcess;
  output(): string;
  ended: Promise<number | null>;
}

/** Runs a command as the image does: its entry, in its folder, with nothing of this environment. */
function run(args: string[], over: Record<string, string> = {}): Run {
  const child = spawn(process.execPath, args, {
    cwd: image.folder,
    env: { PATH: process.env['PATH']!, NODE_ENV: 'production', ...over },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = once(child, 'close').then(([code]) => {
    running.delete(child);
    return code as number | null;
  });
  return { child, output: () => output, ended };
}

const start = (command: string, over = env) => run([...entry(), command], over);
const entry = () =>
  (
    JSON.parse(
      stages()
        .at(-1)!
        .find(({ name }) => name === 'ENTRYPOINT')!.text,
    ) as string[]
  ).slice(1);

beforeAll(async () => {
  chmodSync(folder, 0o755);
  image = buildImageFolder();
  const [port, uiPort, apiPort] = [await freePort(), await freePort(), await freePort()];
  temporal = await startTemporal({
    ...{ binary: await sharedPart('temporalCli'), dataDir: folder, port, uiPort, namespace: 'default' },
    ...{ logFile: path.join(folder, 'temporal.log'), detached: false },
  });
  const server = await sharedPart('postgres');
  database = `test_${randomUUID().replaceAll('-', '')}`;
  await onServer(`CREATE DATABASE ${database}`);
  env = {
    DATABASE_URL: server.replace(/[^/]*$/, database),
    TEMPORAL_ADDRESS: `127.0.0.1:${port}`,
    JWT_SECRET: secret,
    SANDBOX: 'on',
    API_PORT: String(apiPort),
  };
});

afterAll(async () => {
  for (const child of running) child.kill('SIGKILL');
  await temporal.stop();
  await onServer(`DROP DATABASE ${database} WITH (FORCE)`);
  image.remove();
  rmSync(folder, { recursive: true, force: true });
});

async function onServer(statement: string): Promise<void> {
  const client = new Client({ connectionString: await sharedPart('postgres') });
  await client.connect();
  await client.query(statement);
  await client.end();
}

describe('the Dockerfile', () => {
  test('takes each base image in one exact version', () => {
    for (const stage of stages()) expect(stage[0]?.text).toMatch(/^node:\d+\.\d+\.\d+-bookworm(-slim)?( AS \w+)?$/);
  });

  test('ends as a user without rights, without a shell between the container and the process', () => {
    const last = stages().at(-1)!;
    expect(last.find(({ name }) => name === 'USER')?.text).toBe('node');
    expect(last.findLastIndex(({ name }) => name === 'USER')).toBeGreaterThan(
      last.findLastIndex(({ name }) => name === 'COPY'),
    );
    expect(entry()).toEqual(['--import', 'tsx', 'infra/deploy/run.mjs']);
    expect(commandsOf(last)).toEqual([]);
  });

  test('holds no secret', () => {
    const set = stages().flatMap((stage) => stage.filter(({ name }) => ['ENV', 'ARG'].includes(name)));
    expect(set.map(({ text }) => text)).toEqual(['NODE_ENV=production API_HOST=0.0.0.0']);
  });
});

describe('what the image runs', () => {
  test('has neither tests, launcher nor packages of development', () => {
    for (const name of ['tests', 'infra/stack', '.git', 'node_modules/jest', 'node_modules/prisma']) {
      expect([name, existsSync(path.join(image.folder, name))]).toEqual([name, false]);
    }
  });

  test.each(['', 'sh'])('refuses the command "%s" and says which there are', async (command) => {
    const refused = start(command);
    expect(await refused.ended).toBe(2);
    expect(refused.output()).toBe('usage: api | worker | migrate\n');
  });

  test('names what is missing in the environment', async () => {
    const refused = start('api', { DATABASE_URL: 'postgresql://nowhere' });
    expect(await refused.ended).toBe(2);
    expect(refused.output()).toContain('TEMPORAL_ADDRESS, JWT_SECRET');
  });

  test('migrates an empty database and the namespace, fulfils an order, and stops when told to', async () => {
    const first = start('migrate');
    expect([await first.ended, first.output()]).toEqual([0, expect.stringContaining('applied ')]);
    expect(first.output()).toContain('added OrderStatus (KEYWORD)');
    const again = start('migrate');
    expect([await again.ended, again.output()]).toEqual([0, expect.stringContaining('is up to date')]);
    const books = openDatabase(env['DATABASE_URL']!);
    await seed(books);
    await books.$disconnect();

    expect(await run(['--import', 'tsx', 'infra/deploy/worker-health.ts'], env).ended).toBe(1);
    expect(await run(['infra/deploy/api-health.mjs'], env).ended).toBe(1);
    const [api, worker] = [start('api'), start('worker')];
    const healthy = async (args: string[]) => (await run(args, env).ended) === 0;
    await eventually(() => healthy(['infra/deploy/api-health.mjs']), Boolean, 120_000);
    await eventually(() => healthy(['--import', 'tsx', 'infra/deploy/worker-health.ts']), Boolean, 120_000);

    const authorization = `Bearer ${await issueToken(secret, { subject: 'cus_1', role: 'customer' })}`;
    const orders = `http://127.0.0.1:${env['API_PORT']}/v1/orders`;
    const placed = await fetch(orders, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify(orderBody()),
    });
    const { id } = (await placed.json()) as { id: string };
    const read = async () => (await fetch(`${orders}/${id}`, { headers: { authorization } })).json();
    await eventually(read, (order) => (order as { status: string }).status === 'delivered', 120_000);

    for (const { child } of [api, worker]) child.kill('SIGTERM');
    expect(await Promise.all([api.ended, worker.ended])).toEqual([0, 0]);
  });
});
