/** Counts what each subject has open at once, and lets nobody have more than a share. */
export interface Shares {
  /** Takes one of the subject's share, given back when `until` is aborted; false if the share is used up. */
  take(subject: string, until: AbortSignal): boolean;
}

/** Shares of at most `most` for each subject. */
export function createShares(most: number): Shares {
  const open = new Map<string, number>();
  return {
    take: (subject, until) => {
      const count = open.get(subject) ?? 0;
      if (count >= most || until.aborted) return false;
      open.set(subject, count + 1);
      const giveBack = () => {
        const now = open.get(subject) ?? 0;
        if (now > 1) open.set(subject, now - 1);
        else open.delete(subject);
      };
      until.addEventListener('abort', giveBack, { once: true });
      return true;
    },
  };
}
