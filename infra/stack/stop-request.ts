const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** npm passes on the terminal's Ctrl-C, so that one reaches us twice. */
const SAME_KEY_MS = 700;
const PARENT_POLL_MS = 500;

/** Whether, and how urgently, somebody wants the stack stopped. */
export interface StopRequest {
  /** Aborted by a signal, or when the npm that ran us is gone. */
  stop: AbortSignal;
  /** Aborted by a second signal. */
  hurry: AbortSignal;
}

/**
 * Listens for Ctrl-C, SIGTERM, a closed terminal, and where npm ran us, for npm's end: a shell between the two may not
 * pass a signal on.
 */
export function listenForStop(runByNpm: boolean): StopRequest {
  const stop = new AbortController();
  const hurry = new AbortController();
  let firstMs = 0;
  const onSignal = () => {
    if (!stop.signal.aborted) {
      firstMs = performance.now();
      stop.abort();
    } else if (performance.now() - firstMs > SAME_KEY_MS) hurry.abort();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  const parent = process.ppid;
  if (runByNpm) {
    setInterval(() => {
      if (process.ppid !== parent) stop.abort();
    }, PARENT_POLL_MS).unref();
  }
  return { stop: stop.signal, hurry: hurry.signal };
}
