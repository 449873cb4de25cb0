import { createPlaces, type Places } from '../../api/access/places';

const LONG_MS = 60_000;

/** Notes who began, in order, and holds each place until it is told to leave. */
function worker(places: Places) {
  const begun: string[] = [];
  const leaves: (() => void)[] = [];
  const take = (subject: string) =>
    places.take(subject).then((leave) => {
      begun.push(subject);
      leaves.push(leave);
    });
  return { begun, leaves, take };
}

test('so many are worked on at once, and the others when a place is free, each in its turn', async () => {
  const { begun, leaves, take } = worker(createPlaces({ places: 2, heldMs: LONG_MS, maxQueued: 10 }));
  await Promise.all([take('a1'), take('a2')]);
  const others = [take('a3'), take('a4')];
  expect(begun).toEqual(['a1', 'a2']);
  leaves[0]!();
  leaves[0]!();
  await others[0];
  expect(begun).toEqual(['a1', 'a2', 'a3']);
  leaves[1]!();
  await others[1];
  leaves.forEach((leave) => leave());
});

test('subjects take turns: a burst of one does not keep another waiting', async () => {
  const { begun, leaves, take } = worker(createPlaces({ places: 1, heldMs: LONG_MS, maxQueued: 10 }));
  await take('a');
  const waiting = [take('a'), take('a'), take('a'), take('b'), take('b'), take('c')];
  for (let turn = 0; turn < waiting.length; turn += 1) {
    leaves[turn]!();
    await new Promise(setImmediate);
  }
  await Promise.all(waiting);
  expect(begun).toEqual(['a', 'a', 'b', 'c', 'a', 'b', 'a']);
  leaves.at(-1)!();
});

test('a place is given back by itself after a while', async () => {
  const places = createPlaces({ places: 1, heldMs: 1, maxQueued: 10 });
  await places.take('a');
  (await places.take('b'))();
});

test('a subject of whom too many wait is refused, and another is not', async () => {
  const places = createPlaces({ places: 1, heldMs: LONG_MS, maxQueued: 1 });
  const leave = await places.take('a');
  const [second, other] = [places.take('a'), places.take('b')];
  await expect(places.take('a')).rejects.toMatchObject({ kind: 'too-many-requests' });
  leave();
  (await second)();
  (await other)();
});
