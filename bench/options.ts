import { parseArgs } from 'node:util';
import { z } from 'zod';
import type { Plan } from './rounds';

export const USAGE = `usage: npm run bench -- [options]

  Measures, in one run and in turn: (a) a workflow of as many empty activities as an order has steps, (b) an order's
  PostgreSQL transactions without any engine, (c) the product, from POST /v1/orders to shipped. It boots a stack of its
  own and stops it. Exits 1 if an order is lost or the books don't balance.

  --rounds <n>         rounds, of which medians are taken (3)
  --seconds <n>        how long each contender is measured in each round, at each concurrency (5)
  --concurrency <list> orders under way at once (1,10,50)
  --orders <n>         the most orders begun in each of these measurements (5000)
  --quick              one round of 2 s at 1 and 10, to see that it works
  --out <file>         where the JSON goes (.data/bench.json)
`;

const whole = (max: number) => z.coerce.number().int().min(1).max(max);

const schema = z.object({
  rounds: whole(100),
  seconds: z.coerce.number().min(0.5).max(600),
  concurrency: z.preprocess((list) => String(list).split(','), z.array(whole(500)).min(1).max(10)),
  orders: whole(1_000_000),
  out: z.string().min(1),
});

export interface Options extends Plan {
  help: boolean;
  out: string;
}

/** Thrown if the command line cannot be understood; the message says what would be right. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Reads the command line. Throws a {@link UsageError}. */
export function readOptions(args: string[]): Options {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  let values;
  try {
    const options = { rounds: text, seconds: text, concurrency: text, orders: text, out: text, quick: flag };
    ({ values } = parseArgs({ args, options: { ...options, help: { ...flag, short: 'h' } } }));
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
  const { help, quick, ...given } = values;
  const fallback = quick
    ? { rounds: '1', seconds: '2', concurrency: '1,10' }
    : { rounds: '3', seconds: '5', concurrency: '1,10,50' };
  const parsed = schema.safeParse({ orders: '5000', out: '.data/bench.json', ...fallback, ...given });
  if (!parsed.success) {
    const wrong = parsed.error.issues.map(({ path, message }) => `--${String(path[0])}: ${message}`);
    throw new UsageError(wrong.join('; '));
  }
  const { rounds, seconds, concurrency, orders, out } = parsed.data;
  return { help, rounds, seconds, concurrencies: concurrency, maxOrders: orders, out };
}
