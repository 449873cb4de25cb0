/** A signal made of others, and what releases them. */
export interface LinkedSignal {
  signal: AbortSignal;
  /** Ends the timer and stops listening; to be called once nobody waits for the signal any more. */
  release(): void;
}

/**
 * A signal that is aborted with the first of some others, or once the time is up. In place of `AbortSignal.any`, which
 * holds its sources weakly: on Node 20 an `AbortSignal.timeout` in it is collected and never fires, and a source that
 * lives long keeps a trace of each signal that was made of it.
 */
export function firstOf(signals: readonly AbortSignal[], timeoutMs?: number): LinkedSignal {
  const linked = new AbortController();
  const abort = (event: Event) => linked.abort((event.target as AbortSignal).reason);
  for (const each of signals) {
    if (each.aborted) linked.abort(each.reason);
    each.addEventListener('abort', abort);
  }
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(() => linked.abort(new DOMException('the time is up', 'TimeoutError')), timeoutMs);
  return {
    signal: linked.signal,
    release: () => {
      clearTimeout(timer);
      for (const each of signals) each.removeEventListener('abort', abort);
    },
  };
}
