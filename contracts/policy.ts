import { z } from 'zod';

const milliseconds = z
  .int()
  .min(1)
  .max(365 * 24 * 3600 * 1000);

/**
 * How long an order waits for what. Travels in the workflow's input, so that a run keeps the timings it was started
 * with and a replay is exact. All values in milliseconds but for counts.
 */
export const policy = z.strictObject({
  /** The first wait between two attempts of a step; doubles up to `retryMaxIntervalMs`. */
  retryInitialIntervalMs: milliseconds.default(1000),
  /** The longest wait between two attempts of a step. */
  retryMaxIntervalMs: milliseconds.default(5 * 60 * 1000),
  /** How long a step before the pivot is retried against a party's faults before the order is undone as `failed`. */
  patienceMs: milliseconds.default(4 * 3600 * 1000),
  /**
   * How long a step's first attempt, inside the workflow's own worker, may take before the step is scheduled on its party's
   * task queue.
   */
  firstTryTimeoutMs: milliseconds.default(1000),
  /**
   * How long one attempt of a step may take before the server counts it as lost. Longer than `partyTimeoutMs`; if it
   * asks several carriers, each has an equal part of it if that is less than `partyTimeoutMs`.
   */
  stepTimeoutMs: milliseconds.default(30 * 1000),
  /** How long an activity waits for a party's answer before it counts as a fault. */
  partyTimeoutMs: milliseconds.default(10 * 1000),
  /** How often one carrier's faults are retried before the next carrier is asked. */
  carrierAttempts: z.int().min(1).max(100).default(3),
  /** How long an order held by screening waits for staff's decision before it expires. */
  reviewMs: milliseconds.default(48 * 3600 * 1000),
  /** How long an order that no carrier took waits before carriers are asked again, with stock reserved anew. */
  carrierRetryMs: milliseconds.default(15 * 60 * 1000),
  /** How often carriers are asked again before it is undone. With three, an order of twelve parcels stays under 2,000 events. */
  carrierRetries: z.int().min(0).max(20).default(3),
  /** How old an authorisation may grow while its order waits; then it is renewed. Shorter than the provider holds it. */
  authorisationRenewMs: milliseconds.default(5 * 24 * 3600 * 1000),
  /** How long the goods of an authorised return are awaited before it expires. */
  returnMs: milliseconds.default(30 * 24 * 3600 * 1000),
  /** How long a step may be stuck before `NeedsAttention` is raised for a person. */
  attentionAfterMs: milliseconds.default(15 * 60 * 1000),
});

export type Policy = z.infer<typeof policy>;
