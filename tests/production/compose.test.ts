import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';

interface Service {
  image: string;
  build?: string;
  restart?: string;
  command?: string[];
  environment?: Record<string, string>;
  ports?: string[];
  volumes?: string[];
  healthcheck?: { test: string[] };
  depends_on?: Record<string, { condition: string }>;
}

const root = path.resolve(__dirname, '../..');
const text = readFileSync(path.join(root, 'docker-compose.temporal.yml'), 'utf8');
const compose = parse(text, { merge: true }) as { services: Record<string, Service>; volumes: Record<string, unknown> };
const services = Object.entries(compose.services);
const oneShot = ['temporal-schema', 'migrate'];
const longRunning = services.filter(([name]) => !oneShot.includes(name));

test.each(services)('%s is published on loopback alone, or not at all', (_name, { ports = [] }) => {
  for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\$\{[A-Z_]+:-\d+\}:\d+$/);
});

test.each(services)('%s is of one exact version', (_name, { image }) => {
  expect(image).toMatch(/:\d+\.\d+(\.\d+)?(-[a-z]+)?$/);
});

test.each(longRunning)('%s says whether it is well, and starts again when it ends', (_name, service) => {
  expect(service.healthcheck?.test[0]).toMatch(/^CMD/);
  expect(service.restart).toBe('unless-stopped');
});

test('the server and its tools are of one version', () => {
  expect(compose.services['temporal']!.image.split(':')[1]).toBe(
    compose.services['temporal-schema']!.image.split(':')[1],
  );
});

test('every secret comes from the environment, and its absence ends the start', () => {
  const secret = /password|pwd|secret|token|key/i;
  for (const [, { environment = {} }] of services) {
    for (const [name, value] of Object.entries(environment)) {
      if (name === 'JWT_SECRET_PREVIOUS') expect(value).toBe('${JWT_SECRET_PREVIOUS:-}');
      else if (secret.test(name)) expect(value).toMatch(/^\$\{[A-Z_]+:\?[^}]+\}$/);
      if (name === 'DATABASE_URL') expect(value).toMatch(/^postgresql:\/\/\w+:\$\{[A-Z_]+:\?[^}]+\}@/);
    }
  }
  expect(Object.keys(compose.services['api']!.environment!)).toContain('JWT_SECRET');
});

test('the product and the migrations are roles of their own, and neither is the superuser', () => {
  const whose = (name: string) =>
    /\/\/(\w+):\$\{(\w+)/.exec(compose.services[name]!.environment!['DATABASE_URL']!)?.slice(1);
  expect(compose.services['database']!.environment!['POSTGRES_USER']).toBe('consign');
  expect(['api', 'worker', 'migrate'].map(whose)).toEqual([
    ['consign_app', 'CONSIGN_APP_PASSWORD'],
    ['consign_app', 'CONSIGN_APP_PASSWORD'],
    ['consign_owner', 'CONSIGN_OWNER_PASSWORD'],
  ]);
});

test.each(['database', 'temporal-database'])('%s logs no values of rows', (name) => {
  expect(compose.services[name]!.command).toEqual(
    expect.arrayContaining([
      '--log_min_messages=log',
      '--log_error_verbosity=terse',
      '--log_min_error_statement=panic',
    ]),
  );
});

test('data outlives its containers in named volumes, one for each PostgreSQL', () => {
  for (const name of ['database', 'temporal-database']) {
    const [volume = '', target] = compose.services[name]!.volumes![0]!.split(':');
    expect(Object.keys(compose.volumes)).toContain(volume);
    // Where the image of PostgreSQL 18 and newer keeps its data; the folder of older ones would not be kept.
    expect(target).toBe('/var/lib/postgresql');
  }
});

test('each starts after what it needs: schema, server, migration, then worker and API', () => {
  const needs = Object.fromEntries(
    services.map(([name, { depends_on: on = {} }]) => [
      name,
      Object.entries(on).map(([other, { condition }]) => `${other} ${condition}`),
    ]),
  );
  expect(needs).toEqual({
    database: [],
    'temporal-database': [],
    'temporal-schema': ['temporal-database service_healthy'],
    temporal: ['temporal-schema service_completed_successfully'],
    'temporal-ui': ['temporal service_healthy'],
    migrate: ['database service_healthy', 'temporal service_healthy'],
    worker: ['migrate service_completed_successfully'],
    api: ['migrate service_completed_successfully'],
  });
});

test.each(['api', 'worker', 'migrate'])('%s runs the one image of the Dockerfile, which it may not change', (name) => {
  const service = compose.services[name]!;
  expect(service).toMatchObject({
    build: '.',
    command: [name],
    read_only: true,
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
  });
  expect(service.image).toBe(compose.services['api']!.image);
});

test('what is mounted from this checkout is there', () => {
  const mounted = services.flatMap(([, { volumes = [] }]) => volumes.filter((volume) => volume.startsWith('./')));
  expect(mounted).toHaveLength(4);
  for (const volume of mounted) expect(readFileSync(path.join(root, volume.split(':')[0]!), 'utf8')).not.toBe('');
});
