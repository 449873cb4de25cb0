import type { Exit } from '../../infra/stack/child';
import { supervise, type PartPlan } from '../../infra/stack/supervise';
import { eventually } from '../support/eventually';

const WAITS = { firstMs: 10, longestMs: 40, ranWellMs: 10_000 };

/** A part whose ends are scripted: each start is noted, and may be told to fail. */
function scriptedPart() {
  const ends: ((exit: Exit) => void)[] = [];
  const failures: (Error | undefined)[] = [];
  const stopped: string[] = [];
  const part: PartPlan = {
    name: 'the part',
    start: async () => {
      const failure = failures.shift();
      if (failure) throw failure;
      let end: (exit: Exit) => void = () => undefined;
      const exited = new Promise<Exit>((resolve) => (end = resolve));
      ends.push(end);
      const finish = (how: string) => {
        stopped.push(how);
        end({ code: 0, signal: null });
      };
      return { pid: 1, exited, stop: async () => finish('stop'), kill: () => finish('kill') };
    },
  };
  return { part, ends, failures, stopped };
}

const never = new AbortController().signal;

test('starts a part again after waits that double up to the longest, and says so', async () => {
  const { part, ends } = scriptedPart();
  const lines: string[] = [];
  const supervised = await supervise(part, (line) => lines.push(line), never, WAITS);
  for (const count of [1, 2, 3, 4]) {
    await eventually(
      () => ends.length,
      (length) => length === count,
    );
    ends[count - 1]!({ code: null, signal: 'SIGKILL' });
  }
  await eventually(
    () => ends.length,
    (length) => length === 5,
  );
  await supervised.stop();
  const waits = lines.filter((line) => line.includes('ended')).map((line) => /in ([\d.]+) s/.exec(line)?.[1]);
  expect(waits).toEqual(['0.01', '0.02', '0.04', '0.04']);
  expect(lines[0]).toBe('the part ended (signal SIGKILL); starting it again in 0.01 s');
  expect(lines[1]).toBe('the part runs again');
});

test('begins with short waits again once the part ran well', async () => {
  const { part, ends } = scriptedPart();
  const lines: string[] = [];
  const supervised = await supervise(part, (line) => lines.push(line), never, { ...WAITS, ranWellMs: 0 });
  for (const count of [1, 2, 3]) {
    await eventually(
      () => ends.length,
      (length) => length === count,
    );
    ends[count - 1]!({ code: 1, signal: null });
  }
  await eventually(
    () => ends.length,
    (length) => length === 4,
  );
  await supervised.stop();
  expect(lines.filter((line) => line.includes('in 0.01 s'))).toHaveLength(3);
});

test('starts a part anew at once when it is asked to, without a word of an end', async () => {
  const { part, ends, stopped } = scriptedPart();
  const lines: string[] = [];
  const supervised = await supervise(part, (line) => lines.push(line), never, { ...WAITS, firstMs: 60_000 });
  await supervised.restart();
  await eventually(
    () => ends.length,
    (length) => length === 2,
  );
  expect([stopped, lines]).toEqual([['stop'], ['the part runs again']]);
  ends[1]!({ code: 1, signal: null });
  await eventually(
    () => lines.length,
    (length) => length === 2,
  );
  await supervised.restart();
  await eventually(
    () => ends.length,
    (length) => length === 3,
  );
  await supervised.stop();
});

test('goes on trying where a new start fails', async () => {
  const { part, ends, failures } = scriptedPart();
  const lines: string[] = [];
  const supervised = await supervise(part, (line) => lines.push(line), never, WAITS);
  failures.push(new Error('no room'));
  ends[0]!({ code: 1, signal: null });
  await eventually(
    () => ends.length,
    (length) => length === 2,
  );
  await supervised.stop();
  expect(lines).toContain('no room; trying again in 0.02 s');
});

test('does not start a part again that was stopped, also not one that is being waited for', async () => {
  const { part, ends, stopped } = scriptedPart();
  const running = await supervise(part, () => undefined, never, WAITS);
  await running.stop();
  const waiting = await supervise(part, () => undefined, never, { ...WAITS, firstMs: 60_000 });
  ends[1]!({ code: 1, signal: null });
  await waiting.stop();
  expect(ends).toHaveLength(2);
  expect(stopped[0]).toBe('stop');
});

test('throws what the first start throws', async () => {
  const { part, failures } = scriptedPart();
  failures.push(new Error('no room'));
  await expect(supervise(part, () => undefined, never, WAITS)).rejects.toThrow('no room');
});
