import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ConfigError, readConfig } from '../../infra/config';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'consign-config-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const policyFile = (text: string): string => {
  const file = path.join(folder, 'policy.json');
  writeFileSync(file, text);
  return file;
};

test('an empty environment is usable: the embedded parts on their usual ports of the loopback address', () => {
  expect(readConfig({})).toMatchObject({
    api: { host: '127.0.0.1', port: 3000 },
    temporal: { external: false, address: '127.0.0.1:7233', uiUrl: 'http://127.0.0.1:8233' },
    database: { external: false, url: 'postgresql://consign:consign@127.0.0.1:54329/consign' },
    dataDir: path.resolve('.data'),
    metricsHost: '127.0.0.1',
    metricsPort: undefined,
    sandbox: false,
  });
});

test('a port for the metrics of a worker is a number', () => {
  expect(readConfig({ METRICS_PORT: '9464' }).metricsPort).toBe(9464);
});

test.each(['DATABASE_URL', 'TEMPORAL_ADDRESS'])('%s set to nothing counts as not set', (name) => {
  const { database, temporal } = readConfig({ [name]: '' });
  expect([database.external, temporal.external]).toEqual([false, false]);
});

test('a database and a Temporal service of the user are used and not booted', () => {
  const config = readConfig({ DATABASE_URL: 'postgresql://db/books', TEMPORAL_ADDRESS: 'temporal:7233' });
  expect(config.database).toMatchObject({ external: true, url: 'postgresql://db/books' });
  expect(config.temporal).toMatchObject({ external: true, address: 'temporal:7233' });
});

test.each([
  ['API_PORT', 'x'],
  ['API_PORT', '0'],
  ['TEMPORAL_PORT', '65536'],
  ['TEMPORAL_UI_PORT', '-1'],
  ['POSTGRES_PORT', '1.5'],
  ['METRICS_PORT', '0'],
  ['JWT_SECRET', 'too short'],
  ['SANDBOX', 'yes'],
  ['LOG_LEVEL', 'loud'],
  ['POLICY_FILE', path.join(tmpdir(), 'consign-no-such-folder', 'policy.json')],
])('%s=%s is refused by name', (name, value) => {
  expect(() => readConfig({ [name]: value })).toThrow(ConfigError);
  expect(() => readConfig({ [name]: value })).toThrow(name);
});

test('every bad variable is named at once', () => {
  expect(() => readConfig({ API_PORT: 'x', SANDBOX: 'yes' })).toThrow(/API_PORT.*SANDBOX/);
});

test('the version of a worker is its deployment and its build, and there is none by itself', () => {
  expect(readConfig({}).workerVersion).toBeUndefined();
  expect(readConfig({ WORKER_DEPLOYMENT_NAME: 'consign', WORKER_BUILD_ID: '1.4.2-rc.1+7' }).workerVersion).toEqual({
    deploymentName: 'consign',
    buildId: '1.4.2-rc.1+7',
  });
});

test.each([
  ['WORKER_BUILD_ID', { WORKER_DEPLOYMENT_NAME: 'consign' }],
  ['WORKER_DEPLOYMENT_NAME', { WORKER_BUILD_ID: '1' }],
  ['WORKER_BUILD_ID', { WORKER_DEPLOYMENT_NAME: 'consign', WORKER_BUILD_ID: '' }],
])('half of a version is refused, and %s named as missing', (missing, env) => {
  expect(() => readConfig(env)).toThrow(ConfigError);
  expect(() => readConfig(env)).toThrow(`${missing}: must be set too`);
});

test.each([
  ['WORKER_DEPLOYMENT_NAME', 'con.sign'],
  ['WORKER_DEPLOYMENT_NAME', '__consign'],
  ['WORKER_BUILD_ID', '1:2'],
  ['WORKER_BUILD_ID', 'x'.repeat(201)],
])('%s=%s is no part of a version', (name, value) => {
  expect(() => readConfig({ WORKER_DEPLOYMENT_NAME: 'consign', WORKER_BUILD_ID: '1', [name]: value })).toThrow(name);
});

test('a policy file overrides single timings', () => {
  const { policy } = readConfig({ POLICY_FILE: policyFile('{ "patienceMs": 5000 }') });
  expect(policy).toMatchObject({ patienceMs: 5000, retryInitialIntervalMs: 1000 });
});

test.each([
  ['no JSON', '{', 'POLICY_FILE'],
  ['a timing that is not known', '{ "patience": 5 }', 'patience'],
  ['a timing that is no number', '{ "patienceMs": "5 s" }', 'patienceMs'],
  ['a timing of nothing', '{ "patienceMs": 0 }', 'patienceMs'],
])('a policy file with %s is refused', (_, text, named) => {
  expect(() => readConfig({ POLICY_FILE: policyFile(text) })).toThrow(named);
});
