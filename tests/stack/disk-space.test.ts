import { tmpdir } from 'node:os';
import { startChild } from '../../infra/stack/child';
import { assertRoom, orFullDisk, watchRoom } from '../../infra/stack/disk-space';
import { identify } from '../../infra/stack/process-identity';
import { messageOf, StackError } from '../../infra/stack/stack-error';
import { eventually } from '../support/eventually';

const MIB = 1024 * 1024;
const FULL = 'the disk of /data is full';

test('a start on a disk with too little room says how much there is, how much is needed and what to do', () => {
  expect(() => assertRoom('/data', () => 3.7 * MIB)).toThrow(
    '3 MiB are free where /data is, and Consign needs 100 MiB: make room there, or set DATA_DIR to a folder on another disk',
  );
  expect(() => assertRoom('/data', () => 100 * MIB)).not.toThrow();
});

test('the room on a disk of this machine is known', () => {
  expect(() => assertRoom(tmpdir())).not.toThrow();
});

test.each([
  ['PostgreSQL', 'could not write to file "pg_wal/xlogtemp.19506": No space left on device', 0],
  ['Temporal', 'unable to create SQLite admin DB: database or disk is full (13)', 9 * MIB],
  ['the launcher', 'ENOSPC: no space left on device, write', 9 * MIB],
  ['a part that could not even log why', 'it ended at once', 0],
])('what %s says of a full disk is told as that, and advises nothing else', (_, said, free) => {
  const told = orFullDisk(new Error(`${said}; move the folder away`), '/data', 'the part does not start', () => free);
  expect(told).toBeInstanceOf(StackError);
  expect(messageOf(told)).toBe(`the part does not start: ${FULL} (${free / MIB} MiB free): make room there`);
});

test('an error of a disk with room is told as it is', () => {
  const error = new Error('it is damaged');
  expect(orFullDisk(error, '/data', 'the part does not start', () => MIB)).toBe(error);
});

test('a disk that fills up while the stack runs is told once, and once when there is room again', async () => {
  const lines: string[] = [];
  const readings = [50, 19, 19, 39, 40, 40, 30, 0];
  const read = () => (readings.shift() ?? 0) * MIB;
  const watch = watchRoom('/data', (line) => lines.push(line), read, 1);
  await eventually(
    () => lines.length,
    (length) => length === 3,
  );
  watch.stop();
  const waits = 'make room there; orders wait until then, and none is lost';
  expect(lines).toEqual([
    `${FULL} (19 MiB free): ${waits}`,
    'there is room again where /data is: orders go on',
    `${FULL} (0 MiB free): ${waits}`,
  ]);
});

test('a process that cannot be noted is not left running', async () => {
  let pid = 0;
  const started = startChild({
    command: process.execPath,
    args: ['-e', 'setTimeout(() => {}, 60_000)'],
    env: {},
    logFile: '/dev/null',
    detached: true,
    onStart: (started) => {
      pid = started;
      throw new Error('ENOSPC');
    },
  });
  await expect(started).rejects.toThrow('ENOSPC');
  expect(identify(pid)).toBeUndefined();
});
