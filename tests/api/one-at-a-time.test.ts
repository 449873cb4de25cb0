import { oneAtATime } from '../../api/health/one-at-a-time';
import { Deferred } from '../support/deferred';

test('work is done once for all who ask while it is under way, and anew for who asks later', async () => {
  const under = new Deferred();
  let begun = 0;
  const ask = oneAtATime(async () => {
    begun += 1;
    await under.promise;
    return begun;
  });
  const both = [ask(), ask()];
  under.resolve();
  expect(await Promise.all(both)).toEqual([1, 1]);
  expect(await ask()).toBe(2);
});

test('work that failed is done again', async () => {
  let begun = 0;
  const ask = oneAtATime(() => ((begun += 1) === 1 ? Promise.reject(new Error('lost')) : Promise.resolve('found')));
  await expect(ask()).rejects.toThrow('lost');
  expect(await ask()).toBe('found');
});
