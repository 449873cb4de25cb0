import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { installed, NoSchemathesis } from './schemathesis';

const run = promisify(execFile);
const fuzz = (...args: string[]) =>
  run(process.execPath, ['--import', 'tsx', 'tests/fuzz-api/fuzz-api-command.ts', ...args]);

const cache = mkdtempSync(path.join(tmpdir(), 'consign-fuzz-'));
afterAll(() => rmSync(cache, { recursive: true }));

test('says that Python is missing, and what to do', () => {
  const install = () => installed(() => undefined, { cache, command: 'python-that-is-not-there' });
  expect(install).toThrow(NoSchemathesis);
  expect(install).toThrow('is not installed; install Python 3.10 or newer with pip and venv');
});

test('says what Python said when it cannot install', () => {
  const install = () => installed(() => undefined, { cache, command: process.execPath });
  expect(install).toThrow(/could not be installed; it needs Python 3.10 or newer .*: .*bad option/s);
});

test('explains itself', async () => {
  expect((await fuzz('--help')).stdout).toMatch(/^usage: npm run fuzz-api/);
});

test.each([
  [['--examples', '1e3'], '--examples must be a whole number'],
  [['--role', 'root'], '--role must be one of customer, support, admin'],
  [['--rule', 'x'], "Unknown option '--rule'"],
])('refuses %j and says what would be right', async (args, message) => {
  await expect(fuzz(...args)).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
});
