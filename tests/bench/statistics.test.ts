import { median, percentile } from '../../bench/statistics';

const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);

test.each([
  [0.5, hundred, 50],
  [0.95, hundred, 95],
  [1, hundred, 100],
  [0.95, [7], 7],
  [0.5, [3, 1, 2], 2],
  [0.95, [10, 9, 1], 10],
])('takes the nearest rank: percentile %d of %j', (share, values, expected) => {
  expect(percentile(values, share)).toBe(expected);
});

test.each([
  [[5], 5],
  [[3, 1, 2], 2],
  [[4, 1, 3, 2], 2.5],
])('takes the middle, whatever the order: median of %j', (values, expected) => {
  expect(median(values)).toBe(expected);
});

test('says of no values that they have no percentile', () => {
  expect([percentile([], 0.5), median([])]).toEqual([NaN, NaN]);
});
