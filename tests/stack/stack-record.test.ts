import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stopLeftovers } from '../../infra/stack/leftovers';
import { identify, isRunning, untilGone } from '../../infra/stack/process-identity';
import { claim } from '../../infra/stack/stack-record';

let dataDir: string;
let other: ChildProcess;

beforeEach(() => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'consign-record-'));
  other = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)'], { stdio: 'ignore' });
});

afterEach(() => {
  other.kill('SIGKILL');
  rmSync(dataDir, { recursive: true });
});

const otherIdentity = () => identify(other.pid!)!;
const take = () => claim({ dataDir, addresses: { API: 'http://here' }, parent: undefined, report: () => undefined });
const leave = (record: object) => writeFileSync(path.join(dataDir, 'stack.json'), JSON.stringify(record));

test('refuses a folder whose stack runs, and names it', async () => {
  leave({ launcher: otherIdentity(), addresses: { API: 'http://there' }, parts: {} });
  await expect(take()).rejects.toThrow(
    new RegExp(`running already in ${dataDir} \\(pid ${other.pid!}; API http://there\\)`),
  );
  expect(isRunning(otherIdentity())).toBe(true);
});

test('lets only one of two take a folder', async () => {
  await take();
  await expect(take()).rejects.toThrow('running already');
});

test('can be taken again once it was released', async () => {
  (await take()).release();
  await expect(take()).resolves.toMatchObject({ leftovers: {} });
});

test('takes over from a launcher that is gone, though its number is in use again, and hands over what it left', async () => {
  const part = { ...otherIdentity(), command: 'setTimeout' };
  leave({ launcher: { ...otherIdentity(), startedAt: 'earlier' }, addresses: {}, parts: { worker: part } });
  await expect(take()).resolves.toMatchObject({ leftovers: { worker: part } });
});

test('takes over a record that a crash of the machine has damaged', async () => {
  writeFileSync(path.join(dataDir, 'stack.json'), '{"launcher":');
  await expect(take()).resolves.toMatchObject({ leftovers: {} });
});

test('waits for a launcher whose npm is gone', async () => {
  const gone = { pid: 2 ** 30, startedAt: 'earlier' };
  leave({ launcher: otherIdentity(), parent: gone, addresses: {}, parts: {} });
  const taken = take();
  other.kill('SIGKILL');
  await expect(taken).resolves.toBeDefined();
});

test('notes each process as it starts', async () => {
  const hold = await take();
  const noted = { pid: 7, startedAt: 'now', command: 'postgres' };
  hold.note('postgres', noted);
  expect(JSON.parse(readFileSync(path.join(dataDir, 'stack.json'), 'utf8'))).toMatchObject({
    parts: { postgres: noted },
  });
});

test('keeps on the record what still runs when the folder is given back', async () => {
  const hold = await take();
  hold.note('postgres', { ...otherIdentity(), command: 'setTimeout' });
  hold.release();
  const kept = JSON.parse(readFileSync(path.join(dataDir, 'stack.json'), 'utf8')) as object;
  expect(kept).toMatchObject({ parts: { postgres: { pid: other.pid } } });
  hold.note('postgres', undefined);
  hold.release();
  await expect(take()).resolves.toMatchObject({ leftovers: {} });
});

test('stops a leftover that is provably the one that was noted', async () => {
  const left = otherIdentity();
  expect(await stopLeftovers({ worker: { ...left, command: 'setTimeout' } }, ['worker'])).toEqual(['worker']);
  expect(await untilGone(left, 1000)).toBe(true);
});

test.each([
  ['a later process of the same number', { startedAt: 'earlier', command: 'setTimeout' }],
  ['a process with another command', { command: 'workers/worker.ts' }],
])('leaves %s alone', async (_, noted) => {
  const left = otherIdentity();
  expect(await stopLeftovers({ worker: { ...left, ...noted } }, ['worker'])).toEqual([]);
  expect(isRunning(left)).toBe(true);
});
