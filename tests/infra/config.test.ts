import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { policy } from '../../contracts/policy';
import { ConfigError, readConfig, readSettings } from '../../infra/config';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'consign-config-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const settingsFile = (text: string): string => {
  const file = path.join(folder, 'settings.json');
  writeFileSync(file, text);
  return file;
};

test('an empty environment is usable: the embedded parts on their usual ports of the loopback address', () => {
  expect(readConfig({})).toMatchObject({
    api: { host: '127.0.0.1', port: 3000 },
    temporal: { external: false, address: '127.0.0.1:7233', uiUrl: 'http://127.0.0.1:8233' },
    database: { url: undefined, port: 54329 },
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
  expect([database.url, temporal.external]).toEqual([undefined, false]);
});

test('a database and a Temporal service of the user are used and not booted', () => {
  const config = readConfig({ DATABASE_URL: 'postgresql://db/books', TEMPORAL_ADDRESS: 'temporal:7233' });
  expect(config.database).toMatchObject({ url: 'postgresql://db/books' });
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
  ['JWT_SECRET', 'a'.repeat(32)],
  ['JWT_SECRET', ' '.repeat(40)],
  ['JWT_SECRET', 'abababab'.repeat(5)],
  ['JWT_SECRET', 'Passw0rd'.repeat(4)],
  ['JWT_SECRET_PREVIOUS', '0'.repeat(64)],
  ['JWT_STAFF_HOURS', '0'],
  ['JWT_CUSTOMER_HOURS', 'ever'],
  ['SANDBOX', 'yes'],
  ['LOG_LEVEL', 'loud'],
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

test('the path of a settings file is absolute, so that a process in another folder reads the same file', () => {
  const { policyFile, workerFile } = readConfig({ POLICY_FILE: 'policy.json', WORKER_FILE: 'worker.json' });
  expect(policyFile).toEqual({ variable: 'POLICY_FILE', path: path.resolve('policy.json') });
  expect(workerFile).toEqual({ variable: 'WORKER_FILE', path: path.resolve('worker.json') });
});

test('without a settings file, the defaults hold', () => {
  expect(readSettings(readConfig({}).policyFile, policy)).toEqual(policy.parse({}));
});

test('a settings file overrides single settings', () => {
  const { policyFile } = readConfig({ POLICY_FILE: settingsFile('{ "patienceMs": 5000 }') });
  expect(readSettings(policyFile, policy)).toEqual(policy.parse({ patienceMs: 5000 }));
});

test.each([
  ['no JSON', '{', 'POLICY_FILE'],
  ['a setting that is not known', '{ "patience": 5 }', 'patience'],
  ['a setting that is no number', '{ "patienceMs": "5 s" }', 'patienceMs'],
  ['a timing of nothing', '{ "patienceMs": 0 }', 'patienceMs'],
])('a settings file with %s is refused', (_, text, named) => {
  const { policyFile } = readConfig({ POLICY_FILE: settingsFile(text) });
  expect(() => readSettings(policyFile, policy)).toThrow(named);
});

test('a settings file that is not there is refused by the name of its variable', () => {
  const { policyFile } = readConfig({ POLICY_FILE: path.join(folder, 'no-such-folder', 'policy.json') });
  expect(() => readSettings(policyFile, policy)).toThrow(ConfigError);
  expect(() => readSettings(policyFile, policy)).toThrow('POLICY_FILE');
});
