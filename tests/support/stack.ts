import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { issueToken, type Role } from '../../api/access/tokens';
import type { OrderResource } from '../../contracts/http/order';
import type { Policy } from '../../contracts/policy';
import type { SandboxLedger } from '../../contracts/http/sandbox';
import { isAtRest } from '../../domain/order-status';
import { describedBy, type OpenApi } from './described-answers';
import { readConfig } from '../../infra/config';
import { databaseUrl, type DatabaseRole } from '../../infra/database/address';
import { eventually } from './eventually';
import { kill } from './kill';
import { freePort } from './ports';
import './stack-tier';

/** The whole of Consign, started by its own command, with ports and a data folder of a test's own. */
export interface TestStack {
  api: string;
  temporalUi: string;
  /** Where its database is, once it has been started. */
  databaseUrl(role?: DatabaseRole): string;
  /** What its processes are started with, for a command that is to find it. */
  env: NodeJS.ProcessEnv;
  /** Calls the API as somebody and returns the answer. Fails if it is not as the OpenAPI document says. */
  call(method: string, path: string, options?: CallOptions): Promise<{ status: number; body: unknown }>;
  /** Places an order and returns it as it was accepted. */
  place(over?: PlaceOver): Promise<OrderResource>;
  /** Waits until an order is at rest. */
  atRest(orderId: string): Promise<OrderResource>;
  ledger(orderId: string): Promise<SandboxLedger>;
  /** The process ids of the launcher and of its parts. */
  pids(): { launcher: number; parts: Record<string, number> };
  /** Starts it, again after a stop, and resolves when it says that it is running. */
  start(): Promise<void>;
  /** Stops it as Ctrl-C does and returns the launcher's exit code. */
  stop(): Promise<number | null>;
  /** Kills the launcher and every part at once. */
  killAll(): Promise<void>;
  /** What the launcher has printed since the last start. */
  output(): string;
  /** Removes the data folder. */
  remove(): void;
}

export interface CallOptions {
  role?: Role;
  subject?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface PlaceOver {
  clientReference?: string;
  sku?: string;
  quantity?: number;
  token?: string;
  headers?: Record<string, string>;
}

/** Prepares a stack; nothing runs before `start`. */
export async function createTestStack(policy: Partial<Policy> = {}): Promise<TestStack> {
  const folder = mkdtempSync(path.join(tmpdir(), 'consign-stack-'));
  chmodSync(folder, 0o755);
  const [apiPort, temporalPort, uiPort, postgresPort] = await Promise.all([1, 2, 3, 4].map(() => freePort()));
  const policyFile = path.join(folder, 'policy.json');
  writeFileSync(policyFile, JSON.stringify(policy));
  const dataDir = path.join(folder, 'data');
  const env = {
    ...process.env,
    API_PORT: String(apiPort),
    TEMPORAL_PORT: String(temporalPort),
    TEMPORAL_UI_PORT: String(uiPort),
    POSTGRES_PORT: String(postgresPort),
    DATA_DIR: dataDir,
    POLICY_FILE: policyFile,
  };
  const api = `http://127.0.0.1:${apiPort}`;
  let launcher: ChildProcess | undefined;
  let printed = '';
  let check: ReturnType<typeof describedBy> | undefined;

  const call: TestStack['call'] = async (method, url, { role = 'customer', subject = 'cus_1', body, headers } = {}) => {
    const secret = readFileSync(path.join(dataDir, 'jwt-secret'), 'utf8').trim();
    const token = await issueToken(secret, { subject, role });
    const response = await fetch(`${api}${url}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    check ??= describedBy((await (await fetch(`${api}/openapi.json`)).json()) as OpenApi);
    check({ method, path: url, status: response.status, headers: response.headers, text });
    return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
  };

  return {
    api,
    temporalUi: `http://127.0.0.1:${uiPort}`,
    databaseUrl: (role) => databaseUrl(readConfig(env), role),
    env,
    call,
    place: async (over = {}) => {
      const { status, body } = await call('POST', '/v1/orders', {
        body: orderBody(over),
        ...(over.headers && { headers: over.headers }),
      });
      if (status !== 202) throw new Error(`POST /v1/orders answered ${status}: ${JSON.stringify(body)}`);
      return body as OrderResource;
    },
    atRest: (orderId) =>
      eventually(
        async () => (await call('GET', `/v1/orders/${orderId}`)).body as OrderResource,
        ({ status }) => isAtRest(status),
        120_000,
      ),
    ledger: async (orderId) =>
      (await call('GET', `/v1/sandbox/ledger?orderId=${orderId}`, { role: 'admin' })).body as SandboxLedger,
    pids: () => {
      const record = JSON.parse(readFileSync(path.join(dataDir, 'stack.json'), 'utf8')) as {
        launcher: { pid: number };
        parts: Record<string, { pid: number }>;
      };
      const parts = Object.fromEntries(Object.entries(record.parts).map(([name, { pid }]) => [name, pid]));
      return { launcher: record.launcher.pid, parts };
    },
    start: async () => {
      printed = '';
      launcher = spawn(process.execPath, ['infra/stack/start.mjs'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
      for (const stream of [launcher.stdout, launcher.stderr]) {
        stream?.on('data', (chunk: Buffer) => (printed += chunk.toString()));
      }
      const running = eventually(
        () => ({ printed, exitCode: launcher?.exitCode }),
        (seen) => seen.printed.includes('Consign is running') || seen.exitCode !== null,
        120_000,
      );
      if ((await running).exitCode !== null) throw new Error(`the stack did not start:\n${printed}`);
    },
    stop: async () => {
      if (launcher === undefined || launcher.exitCode !== null || launcher.signalCode !== null) return null;
      const exited = once(launcher, 'exit') as Promise<[number | null]>;
      launcher.kill('SIGINT');
      return (await exited)[0];
    },
    killAll: async () => {
      const record = JSON.parse(readFileSync(path.join(dataDir, 'stack.json'), 'utf8')) as {
        parts: Record<string, { pid: number }>;
      };
      if (launcher === undefined) throw new Error('the stack is not running');
      const exited = once(launcher, 'exit');
      launcher.kill('SIGKILL');
      for (const { pid } of Object.values(record.parts)) kill(pid);
      await exited;
    },
    output: () => printed,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The body of `POST /v1/orders`. */
export const orderBody = ({
  clientReference = 'test',
  sku = 'MUG-001',
  quantity = 1,
  token = 'tok_visa',
}: PlaceOver = {}) => ({
  clientReference,
  currency: 'EUR',
  lines: [{ sku, quantity }],
  shippingAddress: { name: 'Ada Lovelace', line1: 'Torstr. 1', postalCode: '10119', city: 'Berlin', country: 'DE' },
  contact: { email: 'ada@example.com', phone: '+4930123456' },
  payment: { provider: 'sandbox', token },
});
