import { tooMany } from './too-many';

/** Lets so many requests be worked on at once; the others wait in line, and subjects take turns. */
export interface Places {
  /**
   * Resolves when a place is free for the subject, with what gives it back: safe to call again. Throws the problem
   * `too-many-requests` if too many of the subject's requests wait already.
   */
  take(subject: string): Promise<() => void>;
}

interface PlaceOptions {
  /** How many places there are. */
  places: number;
  /** A place is given back by itself after so long, because a request may wait for something that takes no work. */
  heldMs: number;
  /** The most requests of one subject that wait. */
  maxQueued: number;
}

/**
 * Places of which each subject in turn gets the next that is free. So a burst of one subject delays another's request by
 * the work under way, and not by the burst; and between them the process answers health checks.
 */
export function createPlaces({ places, heldMs, maxQueued }: PlaceOptions): Places {
  /** The waiting, by subject; the subject whose turn is next comes first. */
  const lines = new Map<string, ((leave: () => void) => void)[]>();
  let free = places;

  const begin = (): (() => void) => {
    free -= 1;
    let held = true;
    const leave = () => {
      if (!held) return;
      held = false;
      clearTimeout(timer);
      free += 1;
      callNext();
    };
    const timer = setTimeout(leave, heldMs).unref();
    return leave;
  };

  const callNext = (): void => {
    const [next] = lines;
    if (next === undefined) return;
    const [subject, line] = next;
    const call = line.shift();
    lines.delete(subject);
    if (line.length > 0) lines.set(subject, line);
    call?.(begin());
  };

  return {
    take: async (subject) => {
      if (free > 0) return begin();
      const line = lines.get(subject) ?? [];
      if (line.length >= maxQueued) throw tooMany('too many of your requests wait here; wait for some answers', 1);
      lines.set(subject, line);
      return new Promise((resolve) => line.push(resolve));
    },
  };
}
