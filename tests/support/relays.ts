import { setTimeout as sleep } from 'node:timers/promises';

/** What a worker does again and again beside its workflows, done by a test while anybody waits for what it brings about. */
export interface Relays<Name extends string> {
  /** Takes the named turns again and again until `task` has ended. Throws what a turn throws. */
  whileOn<T>(names: readonly Name[], task: Promise<T>): Promise<T>;
  /** Resolves when no turn is under way. */
  idle(): Promise<void>;
}

/** How long the pause between two turns is. */
const PAUSE_MS = 50;

/** Starts none of the turns yet. However many wait for a turn, only one of its kind is under way. */
export function startRelays<Name extends string>(turns: Record<Name, () => Promise<unknown>>): Relays<Name> {
  const waiting = new Map<Name, number>();
  const running = new Map<Name, Promise<void>>();
  const count = (name: Name, change: number) => waiting.set(name, (waiting.get(name) ?? 0) + change);
  const run = async (name: Name): Promise<void> => {
    try {
      while (waiting.get(name) !== 0) {
        await turns[name]();
        await sleep(PAUSE_MS);
      }
    } finally {
      running.delete(name);
    }
  };
  const loopOf = (name: Name): Promise<void> => {
    const loop = running.get(name) ?? run(name);
    running.set(name, loop);
    return loop;
  };
  return {
    whileOn: async (names, task) => {
      for (const name of names) count(name, 1);
      const loops = Promise.all(names.map(loopOf));
      try {
        return await Promise.race([task, loops.then(() => task)]);
      } finally {
        for (const name of names) count(name, -1);
      }
    },
    idle: async () => {
      await Promise.allSettled(running.values());
    },
  };
}
