import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';

const SCRIPT = `
const { createLogger } = require('./infra/logger.ts');
const logger = createLogger('test', 'info');
const log = (line) => new Promise((resolve) => {
  logger.info(line);
  setImmediate(resolve);
});
log('one').then(() => log('two')).then(() => {
  logger.fatal('three');
  process.stderr.write('went on');
});
`;

/** Logs three lines in a process of its own, whose standard output is the file, or a pipe that is returned. */
async function logTo(stdout: number | 'pipe') {
  const child = spawn(process.execPath, ['--import', 'tsx', '-e', SCRIPT], { stdio: ['ignore', stdout, 'pipe'] });
  const seen = { out: '', err: '' };
  child.stdout?.on('data', (chunk: Buffer) => (seen.out += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (seen.err += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, ...seen };
}

test('writes a JSON object a line', async () => {
  const { out } = await logTo('pipe');
  const lines = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  expect(lines).toMatchObject([
    { level: 'info', component: 'test', msg: 'one' },
    { level: 'info', component: 'test', msg: 'two' },
    { level: 'fatal', component: 'test', msg: 'three' },
  ]);
});

test('a log that is on a full disk neither ends nor holds up the process', async () => {
  const full = openSync('/dev/full', 'w');
  expect(await logTo(full)).toEqual({ code: 0, out: '', err: 'went on' });
  closeSync(full);
}, 20_000);
