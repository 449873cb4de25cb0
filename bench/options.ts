import { z } from 'zod';
import { UsageError } from '../infra/command-line.mjs';
import type { Plan } from './rounds';

/** What `npm run bench -- --help` prints. */
export const usage = `usage: npm run bench -- [options]

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

const whole = (max: number) =>
  z
    .string()
    .regex(/^[0-9]{1,9}$/, { error: 'must be a whole number', abort: true })
    .transform(Number)
    .pipe(z.number().min(1).max(max));

const schema = z.object({
  rounds: whole(100),
  seconds: z
    .string()
    .regex(/^[0-9]{1,3}(\.[0-9]{1,3})?$/, { error: 'must be a number', abort: true })
    .transform(Number)
    .pipe(z.number().min(0.5).max(600)),
  concurrency: z.preprocess((list) => String(list).split(','), z.array(whole(500)).min(1).max(10)),
  orders: whole(1_000_000),
  out: z.string().min(1),
});

export interface Options extends Plan {
  out: string;
}

const text = { type: 'string' } as const;

/** The options of the command, as they are typed. */
export const commandOptions = {
  rounds: text,
  seconds: text,
  concurrency: text,
  orders: text,
  out: text,
  quick: { type: 'boolean', default: false },
} as const;

/** Makes the plan of what was typed. Throws a {@link UsageError} that says what would be right. */
export function readOptions({ quick, ...given }: { quick?: boolean } & Record<string, unknown>): Options {
  const fallback = quick
    ? { rounds: '1', seconds: '2', concurrency: '1,10' }
    : { rounds: '3', seconds: '5', concurrency: '1,10,50' };
  const parsed = schema.safeParse({ orders: '5000', out: '.data/bench.json', ...fallback, ...given });
  if (!parsed.success) {
    const wrong = parsed.error.issues.map(({ path, message }) => `--${String(path[0])}: ${message}`);
    throw new UsageError(wrong.join('; '));
  }
  const { rounds, seconds, concurrency, orders, out } = parsed.data;
  return { rounds, seconds, concurrencies: concurrency, maxOrders: orders, out };
}
