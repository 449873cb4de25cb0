import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eventually } from '../support/eventually';
import { kill } from '../support/kill';

/** A clone without packages. */
let clone: string;

const inClone = (...parts: string[]) => path.join(clone, ...parts);

/** An npm that notes when it begins and ends, and waits for `go` in between. */
const NPM = `
const { appendFileSync, existsSync, mkdirSync, writeFileSync } = require('node:fs');
appendFileSync('npm.log', 'begin ' + process.pid + '\\n');
const timer = setInterval(() => {
  if (!existsSync('go')) return;
  clearInterval(timer);
  mkdirSync('node_modules/prisma/build', { recursive: true });
  writeFileSync('node_modules/prisma/build/index.js', \`
    require('node:fs').mkdirSync('infra/database/generated', { recursive: true });
    require('node:fs').writeFileSync('infra/database/generated/client.ts', '');
  \`);
  writeFileSync('node_modules/.package-lock.json', '{ "packages": {} }');
  appendFileSync('npm.log', 'end\\n');
}, 10);
`;

beforeEach(() => {
  clone = mkdtempSync(path.join(tmpdir(), 'consign-clone-'));
  for (const folder of ['infra/install', 'prisma']) mkdirSync(inClone(folder), { recursive: true });
  for (const script of ['install.mjs', 'install-lock.mjs']) {
    copyFileSync(path.join('infra/install', script), inClone('infra/install', script));
  }
  copyFileSync('infra/command-line.mjs', inClone('infra/command-line.mjs'));
  writeFileSync(inClone('prisma/schema.prisma'), '');
  writeFileSync(inClone('package-lock.json'), '{ "packages": {} }');
  writeFileSync(inClone('npm-cli.js'), NPM);
});

afterEach(() => rmSync(clone, { recursive: true }));

/** Installs in the clone as `npm start` and `npm test` do, in a process of its own. */
function install() {
  const script = "import('./infra/install/install.mjs').then(({ ensureInstalled }) => ensureInstalled())";
  const env = { ...process.env, npm_execpath: inClone('npm-cli.js') };
  const child = spawn(process.execPath, ['-e', script], { cwd: clone, env });
  const seen = { pid: child.pid!, output: '' };
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (seen.output += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { seen, ended };
}

const npmLog = (): string[] =>
  existsSync(inClone('npm.log')) ? readFileSync(inClone('npm.log'), 'utf8').trim().split('\n') : [];

const untilLogged = (lines: number) => eventually(npmLog, ({ length }) => length === lines);

const letGo = () => writeFileSync(inClone('go'), '');

/** The process number that each npm noted, in the order in which they began. */
const npms = () => npmLog().flatMap((line) => (line.startsWith('begin ') ? Number(line.slice(6)) : []));

const untilWaiting = ({ seen }: { seen: { output: string } }, pid: number) =>
  eventually(
    () => seen.output,
    (output) => output === `  … waiting for process ${pid}, which installs the packages here\n`,
  );

test('two first starts at once install once: the second says whom it waits for', async () => {
  const first = install();
  await untilLogged(1);
  const second = install();
  await untilWaiting(second, first.seen.pid);
  letGo();
  expect([await first.ended, await second.ended]).toEqual([0, 0]);
  expect(npmLog()).toEqual([expect.stringContaining('begin'), 'end']);
  expect(existsSync(inClone('.installing'))).toBe(false);
});

test('a start waits for the npm of one that was killed', async () => {
  const first = install();
  await untilLogged(1);
  kill(first.seen.pid);
  await first.ended;
  const second = install();
  await untilWaiting(second, npms()[0]!);
  letGo();
  expect(await second.ended).toBe(0);
  expect(npms()).toHaveLength(1);
});

test('a start takes over from one that was killed with its npm', async () => {
  const first = install();
  await untilLogged(1);
  kill(first.seen.pid);
  kill(npms()[0]!);
  await first.ended;
  letGo();
  expect(await install().ended).toBe(0);
  expect(npms()).toHaveLength(2);
});

test('a start takes over what was left by a machine that crashed, though the number is in use again', async () => {
  writeFileSync(inClone('.installing'), `an-earlier-boot\n${process.pid}\n`);
  letGo();
  expect(await install().ended).toBe(0);
});

test('an install that fails ends in one line under what npm said, and lets the next one try', async () => {
  writeFileSync(inClone('npm-cli.js'), "console.error('npm error code ENOSPC'); process.exitCode = 228;");
  const failed = install();
  expect(await failed.ended).toBe(1);
  expect(failed.seen.output).toMatch(/npm error code ENOSPC\n.*installing the packages \(npm ci\) failed \(228\): /s);
  expect(existsSync(inClone('.installing'))).toBe(false);
});
