import { percentile } from './statistics';

/** How much load is applied, and for how long. */
export interface Load {
  /** How many orders are under way at once. */
  concurrency: number;
  /** Load before the clock counts: until all that an order sets off runs along. */
  leadInMs: number;
  /** How long is measured. */
  windowMs: number;
  /** The most orders begun. */
  maxOrders: number;
  signal: AbortSignal;
}

/** What was measured. */
export interface Measured {
  /** Orders begun, the lead-in's and those cut off by the end of the window included. */
  begun: number;
  /** Orders that ended within the window: what rate and latencies are about. */
  counted: number;
  perSecond: number;
  p50Ms: number;
  p95Ms: number;
  /** What the failed orders said. */
  failures: string[];
}

interface Ended {
  atMs: number;
  tookMs: number;
}

/** A contender that fails so often is not measured any further. */
const MOST_FAILURES = 20;

/**
 * Keeps `concurrency` orders under way, each loop beginning the next as soon as its last one has ended, and measures
 * those that end within the window. Those under way at its end are waited for.
 *
 * @param order - carries out one order; throws where that failed
 */
export async function applyLoad(load: Load, order: (loop: number) => Promise<unknown>): Promise<Measured> {
  const startMs = performance.now();
  const endMs = startMs + load.leadInMs + load.windowMs;
  const ended: Ended[] = [];
  const failures: string[] = [];
  let begun = 0;
  const goOn = () =>
    !load.signal.aborted && begun < load.maxOrders && failures.length < MOST_FAILURES && performance.now() < endMs;
  const loop = async (index: number) => {
    while (goOn()) {
      begun += 1;
      const beginMs = performance.now();
      try {
        await order(index);
        const atMs = performance.now();
        ended.push({ atMs, tookMs: atMs - beginMs });
      } catch (error) {
        failures.push(error instanceof Error ? error.message : String(error));
      }
    }
  };
  await Promise.all(Array.from({ length: load.concurrency }, (_, index) => loop(index)));
  load.signal.throwIfAborted();
  const toMs = begun < load.maxOrders ? endMs : Math.max(startMs, ...ended.map(({ atMs }) => atMs));
  const fromMs = toMs - startMs > 2 * load.leadInMs ? startMs + load.leadInMs : startMs;
  return { begun, failures, ...measure(ended, fromMs, toMs) };
}

/** Measures what ended after `fromMs` and not after `toMs`. */
export function measure(ended: readonly Ended[], fromMs: number, toMs: number) {
  const within = ended.filter(({ atMs }) => atMs > fromMs && atMs <= toMs);
  const latencies = within.map(({ tookMs }) => tookMs);
  return {
    counted: within.length,
    perSecond: within.length / ((toMs - fromMs) / 1000),
    p50Ms: percentile(latencies, 0.5),
    p95Ms: percentile(latencies, 0.95),
  };
}
