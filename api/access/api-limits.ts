import { isIP } from 'node:net';
import { z } from 'zod';

const most = (fallback: number) => z.int().min(1).max(1_000_000).default(fallback);

/** At most `count` in any `seconds`. */
const rate = (count: number, seconds: number) =>
  z.strictObject({ count: most(count), seconds: z.int().min(1).max(3600).default(seconds) }).prefault({});

const NAMED_NETWORKS = ['loopback', 'linklocal', 'uniquelocal'];

/** An address, or a network of them: `10.0.0.0/8`, `fd00::/8`, or one that the proxy library knows by name. */
const network = z.string().refine((text) => {
  const [address = '', bits, ...rest] = text.split('/');
  const most = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  if (NAMED_NETWORKS.includes(text)) return true;
  return most > 0 && rest.length === 0 && (bits === undefined || (/^[0-9]{1,3}$/.test(bits) && Number(bits) <= most));
}, 'must be an address or a network such as 10.0.0.0/8 (never true, by which anybody chooses an address)');

/** How much of the API who may use; the contents of `API_LIMITS_FILE`. Each API process counts by itself. */
export const apiLimits = z.strictObject({
  /** Requests of one subject. */
  requestsPerSubject: rate(5000, 10),
  /** Requests of one address without a valid token; those with one are never refused for it. */
  failedAuthenticationsPerAddress: rate(100, 60),
  /** Streams of one subject open at once. */
  streamsPerSubject: most(250),
  /** Requests of one subject at once that wait for their order (`Prefer: wait`); any more are answered without waiting. */
  waitsPerSubject: most(250),
  /** IPv6 addresses with so many leading bits in common count as one. */
  ipv6PrefixBits: z.int().min(16).max(128).default(64),
  /** The proxies whose `X-Forwarded-For` is believed. */
  trustedProxies: z.array(network).default([]),
  /** Requests that are worked on at once; the others wait in line, and subjects take turns. */
  requestsAtOnce: most(32),
  /** The longest that a request keeps others waiting, in milliseconds: it may wait for something that takes no work. */
  placeHeldMs: most(250),
  /** Requests of one subject that wait in line; any more are refused. */
  queuedPerSubject: most(1000),
  /** Requests are refused while the event loop is late by this, in milliseconds. */
  eventLoopDelayMs: most(500),
});

export type ApiLimits = z.infer<typeof apiLimits>;
