import { setTimeout as sleep } from 'node:timers/promises';
import { applyLoad, measure } from '../../bench/load';

const load = { concurrency: 3, leadInMs: 0, windowMs: 100, maxOrders: 1000, signal: new AbortController().signal };

test('counts what ended within the window, however early it began', () => {
  const ended = [
    { atMs: 900, tookMs: 900 },
    { atMs: 1100, tookMs: 600 },
    { atMs: 2900, tookMs: 100 },
    { atMs: 3001, tookMs: 50 },
  ];
  expect(measure(ended, 1000, 3000)).toEqual({ counted: 2, perSecond: 1, p50Ms: 100, p95Ms: 600 });
});

test('keeps as many orders under way as it is told to', async () => {
  let underWay = 0;
  const seen = new Set<number>();
  await applyLoad(load, async () => {
    underWay += 1;
    seen.add(underWay);
    await sleep(5);
    underWay -= 1;
  });
  expect(Math.max(...seen)).toBe(3);
  expect(underWay).toBe(0);
});

test('begins no more orders than allowed, and takes the rate over the time that they took', async () => {
  const measured = await applyLoad({ ...load, windowMs: 10_000, maxOrders: 6 }, () => sleep(50));
  expect(measured).toMatchObject({ begun: 6, counted: 6, failures: [] });
  expect(measured.perSecond).toBeGreaterThan(20);
});

test('reports failures, and gives up on a contender that only fails', async () => {
  const measured = await applyLoad({ ...load, windowMs: 10_000 }, () => Promise.reject(new Error('declined')));
  expect(measured.counted).toBe(0);
  expect(measured.failures.length).toBeLessThan(25);
  expect(new Set(measured.failures)).toEqual(new Set(['declined']));
});

test('goes on beyond a window in which hardly any order has ended', async () => {
  const measured = await applyLoad({ ...load, windowMs: 50 }, () => sleep(40));
  expect(measured.counted).toBeGreaterThanOrEqual(6);
  expect(measured.perSecond).toBeGreaterThan(20);
});

test('gives up waiting for orders that take far longer than the window', async () => {
  const measured = await applyLoad({ ...load, windowMs: 20 }, () => sleep(150));
  expect(measured).toMatchObject({ begun: 3, failures: [] });
});

test('ends early where the run was stopped', async () => {
  const stopped = AbortSignal.abort(new Error('stopped'));
  await expect(applyLoad({ ...load, signal: stopped }, () => sleep(1))).rejects.toThrow('stopped');
});
