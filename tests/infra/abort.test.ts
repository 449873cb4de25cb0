import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { firstOf } from '../../infra/abort';

/** Collects garbage until the limit fires; it ends by itself, as nothing else keeps the process alive. */
const SCRIPT = `
const { firstOf } = require('./infra/abort.ts');
const { signal } = firstOf([new AbortController().signal], 300);
const collecting = setInterval(() => globalThis.gc(), 5).unref();
signal.addEventListener('abort', () => {
  process.stdout.write(signal.reason.name);
  clearInterval(collecting);
});
`;

test('a limit fires though garbage is collected meanwhile', async () => {
  const args = ['--expose-gc', '--import', 'tsx', '-e', SCRIPT];
  expect((await promisify(execFile)(process.execPath, args)).stdout).toBe('TimeoutError');
}, 60_000);

test('is aborted with the first of its signals, for the same reason', () => {
  const [one, other] = [new AbortController(), new AbortController()];
  const { signal } = firstOf([one.signal, other.signal]);
  expect(signal.aborted).toBe(false);
  other.abort('enough');
  one.abort('too late');
  expect([signal.aborted, signal.reason]).toEqual([true, 'enough']);
});

test('is aborted from the beginning if one of them is', () => {
  expect(firstOf([AbortSignal.abort('before')]).signal.reason).toBe('before');
});

test('listens no more once it was let go of', () => {
  const one = new AbortController();
  const { signal, release } = firstOf([one.signal], 1);
  release();
  one.abort();
  expect(signal.aborted).toBe(false);
});
