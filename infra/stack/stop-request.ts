const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** npm passes on the terminal's Ctrl-C, so that one reaches us twice. */
const SAME_KEY_MS = 700;
const PARENT_POLL_MS = 500;

/** Whether, and how urgently, the stack is to be stopped. */
export interface StopRequest {
  /** Aborted by a signal, when the npm that ran us is gone, or by a failure of ours. */
  stop: AbortSignal;
  /** Aborted by a second signal. */
  hurry: AbortSignal;
  /** The failure of ours, if there was one. */
  failure(): unknown;
}

/**
 * Listens for Ctrl-C, SIGTERM, a closed terminal, and if npm ran us, for npm's end, because a shell between the two
 * need not pass a signal on. An error that nobody caught stops the stack too: nothing is left running unwatched.
 */
export function listenForStop(runByNpm: boolean): StopRequest {
  const stop = new AbortController();
  const hurry = new AbortController();
  let firstMs = 0;
  let failure: unknown;
  const onSignal = () => {
    if (!stop.signal.aborted) {
      firstMs = performance.now();
      stop.abort();
    } else if (performance.now() - firstMs > SAME_KEY_MS) hurry.abort();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  process.on('uncaughtException', (error) => {
    failure ??= error;
    stop.abort();
  });
  const parent = process.ppid;
  if (runByNpm) {
    setInterval(() => {
      if (process.ppid !== parent) stop.abort();
    }, PARENT_POLL_MS).unref();
  }
  return { stop: stop.signal, hurry: hurry.signal, failure: () => failure };
}
