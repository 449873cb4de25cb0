import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { newPasswords } from '../../infra/database/passwords';
import { startPostgres } from '../../infra/stack/postgres';
import { freePort } from '../support/ports';
import '../support/stack-tier';

/** Holds a sound data folder, which each test copies before it does something to it. */
let folder: string;
let dataDir: string;

const sound = () => path.join(folder, 'sound');
const inData = (...parts: string[]) => path.join(dataDir, ...parts);

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'consign-faults-'));
  chmodSync(folder, 0o755);
  mkdirSync(sound());
  const logFile = path.join(folder, 'postgres.log');
  const where = { dataDir: path.join(sound(), 'postgres'), passwordFolder: sound(), port: await freePort(), logFile };
  await (await startPostgres({ ...where, settings: { fsync: 'off' } })).stop();
}, 60_000);

beforeEach(() => {
  dataDir = mkdtempSync(path.join(folder, 'data-'));
  // With the owners: PostgreSQL reads a cluster of its own account only.
  execFileSync('cp', ['-a', `${sound()}/.`, dataDir]);
});

afterEach(() => rmSync(dataDir, { recursive: true }));
afterAll(() => rmSync(folder, { recursive: true }));

const answers = (port: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(Number(port), '127.0.0.1', () => resolve(true));
    socket.on('error', () => resolve(false)).on('close', () => socket.destroy());
  });

/** Runs the launcher to its end, without a Temporal, and says what it printed and what it left. */
async function start(env: Record<string, string> = {}) {
  const names = ['API_PORT', 'TEMPORAL_UI_PORT', 'POSTGRES_PORT'];
  const ports = await Promise.all(names.map(async (name) => [name, String(await freePort())] as const));
  const { PATH, HOME } = process.env;
  const all = { PATH, HOME, DATA_DIR: dataDir, TEMPORAL_ADDRESS: '127.0.0.1:1', ...Object.fromEntries(ports), ...env };
  const ran = await new Promise<{ code: number | null; errors: string[] }>((resolve) => {
    const child = execFile(process.execPath, ['infra/stack/start.mjs'], { env: all }, (_, __, stderr) =>
      resolve({ code: child.exitCode, errors: stderr.trim().split('\n') }),
    );
  });
  const running = await Promise.all(ports.map(([, port]) => answers(port)));
  return { ...ran, running, record: existsSync(inData('stack.json')) };
}

const remove = (...parts: string[]) => rmSync(inData(...parts), { recursive: true });
const folderFor = (...parts: string[]) => {
  rmSync(inData(...parts), { recursive: true, force: true });
  mkdirSync(inData(...parts));
};

const faults: [what: string, fault: () => void, said: RegExp][] = [
  ['without postgres/base', () => remove('postgres', 'base'), /^PostgreSQL runs but cannot be used: .*damaged/],
  ['without postgres/global', () => remove('postgres', 'global'), /^PostgreSQL does not start: .*damaged/],
  ['without postgres/pg_wal', () => remove('postgres', 'pg_wal'), /^PostgreSQL does not start: .*damaged/],
  ['without pg_hba.conf', () => remove('postgres', 'pg_hba.conf'), /^PostgreSQL does not start: .*pg_hba.conf/],
  ['without postgresql.conf', () => remove('postgres', 'postgresql.conf'), /^PostgreSQL does not start: /],
  ['with an empty pg_control', () => truncateSync(inData('postgres', 'global', 'pg_control')), /^PostgreSQL does not /],
  ['with a folder for the settings', () => folderFor('postgres', 'consign.conf'), /^Consign could not go on: EISDIR/],
  ['of another version', () => writeFileSync(inData('postgres', 'PG_VERSION'), '17\n'), /was made by PostgreSQL 17/],
  [
    'with no base and no passwords',
    () => {
      remove('postgres', 'base');
      remove('database-passwords.json');
    },
    /damaged/,
  ],
  [
    "with another's passwords",
    () => writeFileSync(inData('database-passwords.json'), JSON.stringify(newPasswords())),
    /is of another database: remove it/,
  ],
  ['with damaged passwords', () => writeFileSync(inData('database-passwords.json'), '{'), /is damaged: remove it/],
  ['with a secret that is guessed at once', () => writeFileSync(inData('jwt-secret'), 'a'.repeat(40)), /too easy to/],
  ['with a folder for the secret', () => folderFor('jwt-secret'), /jwt-secret cannot be read/],
  ['with a folder for the record', () => folderFor('stack.json'), /^Consign could not go on: EISDIR/],
  ['with a file for the logs', () => writeFileSync(inData('log'), ''), /^the data folder .* cannot be used/],
];

test.each(faults)(
  'a data folder %s is one line, and nothing is left running',
  async (what, fault, said) => {
    fault();
    const { code, errors, running, record } = await start();
    expect(errors).toEqual([expect.stringMatching(said)]);
    expect({ code, running, record }).toEqual({
      code: 1,
      running: [false, false, false],
      record: what.includes('for the record'),
    });
  },
  60_000,
);

test('a database of Temporal that is damaged is one line, and PostgreSQL is stopped again', async () => {
  writeFileSync(inData('temporal.db'), 'no database at all'.repeat(1000));
  const { code, errors, running } = await start({ TEMPORAL_ADDRESS: '', TEMPORAL_PORT: String(await freePort()) });
  expect(errors).toEqual([expect.stringMatching(/^Temporal does not start: .*temporal.db is damaged/)]);
  expect({ code, running }).toEqual({ code: 1, running: [false, false, false] });
}, 60_000);
