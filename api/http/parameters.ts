import { z } from 'zod';
import type { Actor } from '../access/tokens';
import { invalid } from './problem';

/** Who may call what anybody with a token may call. */
export const anyRole = ['customer', 'support', 'admin'] as const;

/** The end of the year 9999, the last that RFC 3339 can write. */
export const END_OF_TIME = Date.UTC(10_000, 0, 1);

/** An RFC 3339 time from 1970 on. */
export const instant = z.iso
  .datetime({ offset: true, error: 'must be an RFC 3339 time, for example 2026-01-31T09:00:00Z' })
  .refine((text) => isStorable(Date.parse(text)), 'must lie between the years 1970 and 9999');

const isStorable = (ms: number): boolean => ms >= 0 && ms < END_OF_TIME;

/** A whole number in a query, in decimal digits alone: not `0x10`, `1e1` or `" 5 "`. */
const wholeNumber = (min: number, max: number, otherwise: number) =>
  z
    .string()
    .regex(/^(?:0|[1-9][0-9]{0,8})$/, { error: `must be a whole number from ${min} to ${max}`, abort: true })
    .transform(Number)
    .pipe(z.number().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`))
    .default(otherwise)
    .meta({ type: 'integer', minimum: min, maximum: max, default: otherwise, pattern: undefined });

/** How a list is paged: newest or first entries first, `cursor` from the page before. */
export const paging = {
  limit: wholeNumber(1, 100, 20),
  cursor: z.string().max(200).optional(),
};

/** One page of a list, as the API answers it. */
export const page = <T extends z.ZodType>(item: T) =>
  z.strictObject({ items: z.array(item), nextCursor: z.string().nullable() });

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/**
 * A page from up to `limit + 1` rows read after the cursor; the one too many says that there is a next page.
 *
 * @param keyOf - the key that the list is ordered by
 */
export function toPage<T>(rows: readonly T[], limit: number, keyOf: (row: T) => string): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { items, nextCursor: more ? cursorOf(keyOf(last)) : null };
}

/** The cursor of a key, which clients take as it is. */
export const cursorOf = (key: string): string => Buffer.from(key).toString('base64url');

/** The key in a cursor, as `key` accepts it. Throws the problem of a cursor that we did not give. */
export function keyOfCursor(cursor: string | undefined, key: z.ZodType<string>): string | undefined {
  if (cursor === undefined) return undefined;
  const parsed = key.safeParse(Buffer.from(cursor, 'base64url').toString());
  if (parsed.success && cursorOf(parsed.data) === cursor) return parsed.data;
  throw invalid([{ field: 'cursor', message: 'must be the nextCursor of the page before' }]);
}

/** The customer whose orders alone the actor may see; undefined for staff, who see all. */
export const scopeOf = (actor: Actor): string | undefined => (actor.role === 'customer' ? actor.subject : undefined);
