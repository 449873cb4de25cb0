import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 10;
const SAMPLE_MS = 250;
const NS_IN_MS = 1e6;

/** Watches how late the event loop is, which grows before a process that has too much to do stops answering. */
export interface EventLoopWatch {
  /** The mean delay of the last quarter of a second, in milliseconds. */
  readonly delayMs: number;
  stop(): void;
}

/** Watches the event loop of this process. It keeps no process alive. */
export function watchEventLoop(): EventLoopWatch {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  let delayMs = 0;
  const timer = setInterval(() => {
    const mean = histogram.mean / NS_IN_MS - RESOLUTION_MS;
    delayMs = Number.isFinite(mean) ? Math.max(0, mean) : 0;
    histogram.reset();
  }, SAMPLE_MS);
  timer.unref();
  return {
    get delayMs() {
      return delayMs;
    },
    stop: () => {
      clearInterval(timer);
      histogram.disable();
    },
  };
}
