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

/** A contender that fails so often is not measured any more. */
const MOST_FAILURES = 20;
/** So many orders for each that is under way at once are counted at the least, in up to so many windows. */
const COUNTED_EACH = 2;
const MOST_WINDOWS = 5;

/**
 * Keeps `concurrency` orders under way, each loop beginning the next as soon as its last one has ended, and measures
 * those that end within the window. Those under way at its end are waited for. If few end within the window, it is
 * made longer.
 *
 * @param order - carries out one order; throws if that failed
 */
export async function applyLoad(load: Load, order: (loop: number) => Promise<unknown>): Promise<Measured> {
  const startMs = performance.now();
  const openMs = startMs + load.leadInMs;
  const ended: Ended[] = [];
  const failures: string[] = [];
  let begun = 0;
  let counted = 0;
  let closedMs = NaN;
  const goOn = (): boolean => {
    if (load.signal.aborted || failures.length >= MOST_FAILURES || !Number.isNaN(closedMs)) return false;
    const windows = (performance.now() - openMs) / load.windowMs;
    const isOver = windows >= (counted < COUNTED_EACH * load.concurrency ? MOST_WINDOWS : 1);
    if (isOver) closedMs = performance.now();
    return !isOver && begun < load.maxOrders;
  };
  const loop = async (index: number) => {
    while (goOn()) {
      begun += 1;
      const beginMs = performance.now();
      try {
        await order(index);
        const atMs = performance.now();
        ended.push({ atMs, tookMs: atMs - beginMs });
        if (atMs > openMs) counted += 1;
      } catch (error) {
        failures.push(error instanceof Error ? error.message : String(error));
      }
    }
  };
  await Promise.all(Array.from({ length: load.concurrency }, (_, index) => loop(index)));
  load.signal.throwIfAborted();
  const toMs = Number.isNaN(closedMs) ? Math.max(startMs, ...ended.map(({ atMs }) => atMs)) : closedMs;
  const fromMs = toMs - startMs > 2 * load.leadInMs ? openMs : startMs;
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
