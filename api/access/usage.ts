import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { ApiLimits } from './api-limits';
import { Problem, unavailable } from '../http/problem';
import { addressKey } from './address';
import type { EventLoopWatch } from './event-loop';
import { createPlaces, type Places } from './places';
import { createShares, type Shares } from './shares';
import { tooMany } from './too-many';

/** Who may use how much of this process. */
export interface Usage {
  /** Throws the problem `unavailable` while the process has too much to do. */
  enter(): void;
  /** Counts a request of a subject; returns the headers that say what is left. Throws the problem `too-many-requests`. */
  admit(subject: string): Promise<Record<string, string>>;
  /** Counts a failed authentication of an address. Throws its problem, or `too-many-requests` if there were too many. */
  refuse(address: string | undefined, problem: unknown): Promise<never>;
  /** Where requests are worked on. */
  places: Places;
  streams: Shares;
  waits: Shares;
}

/** Counts in this process by the limits. */
export function createUsage(limits: ApiLimits, eventLoop: Pick<EventLoopWatch, 'delayMs'>): Usage {
  const { requestsPerSubject: requests, failedAuthenticationsPerAddress: failures } = limits;
  const bySubject = new RateLimiterMemory({ points: requests.count, duration: requests.seconds });
  const byAddress = new RateLimiterMemory({ points: failures.count, duration: failures.seconds });
  const policy = `"subject";q=${requests.count};w=${requests.seconds}`;
  return {
    enter: () => {
      if (eventLoop.delayMs > limits.eventLoopDelayMs) throw unavailable('the API has too much to do', {}, 1);
    },
    admit: async (subject) => {
      const left = await consume(
        bySubject,
        subject,
        `at most ${perSeconds(requests)} with one token's subject`,
        policy,
      );
      return headersOf(policy, left);
    },
    refuse: async (address, problem) => {
      if (problem instanceof Problem && problem.kind === 'unauthenticated') {
        const key = addressKey(address, limits.ipv6PrefixBits);
        await consume(byAddress, key, `at most ${perSeconds(failures)} without a valid token from one address`);
      }
      throw problem;
    },
    places: createPlaces({
      places: limits.requestsAtOnce,
      heldMs: limits.placeHeldMs,
      maxQueued: limits.queuedPerSubject,
    }),
    streams: createShares(limits.streamsPerSubject),
    waits: createShares(limits.waitsPerSubject),
  };
}

const perSeconds = ({ count, seconds }: ApiLimits['requestsPerSubject']): string =>
  `${count} requests in ${seconds} s are answered`;

async function consume(
  limiter: RateLimiterMemory,
  key: string,
  detail: string,
  policy?: string,
): Promise<RateLimiterRes> {
  try {
    return await limiter.consume(key);
  } catch (error) {
    if (!(error instanceof RateLimiterRes)) throw error;
    throw tooMany(detail, Math.ceil(error.msBeforeNext / 1000), policy === undefined ? {} : headersOf(policy, error));
  }
}

/** What is left of a policy, as draft-ietf-httpapi-ratelimit-headers-10 writes it. */
const headersOf = (policy: string, { remainingPoints, msBeforeNext }: RateLimiterRes): Record<string, string> => ({
  'RateLimit-Policy': policy,
  RateLimit: `"subject";r=${remainingPoints};t=${Math.ceil(msBeforeNext / 1000)}`,
});
