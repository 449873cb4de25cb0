import { type z } from 'zod';
import type { FieldError } from './problem';

/** What a schema says of a value: the parsed value, or each bad field. */
export type Checked<T> = { ok: true; value: T } | { ok: false; errors: FieldError[] };

type Path = readonly PropertyKey[];

/**
 * Checks a value by a schema. `fieldOf` names a bad field from its path in the value.
 */
export function check<T>(schema: z.ZodType<T>, value: unknown, fieldOf = bodyField): Checked<T> {
  const parsed = schema.safeParse(value, { error: explain });
  if (parsed.success) return { ok: true, value: parsed.data };
  return { ok: false, errors: parsed.error.issues.flatMap((issue) => fieldErrors(issue, fieldOf)) };
}

/** Whether all that the schema of a body asks for may be left out, and so the body itself. */
export const isOptional = (schema: z.ZodType): boolean => schema.safeParse({}).success;

/** A field of the body as clients write it: `lines[0].quantity`. */
export function bodyField(path: Path): string {
  const written = path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? String(part) : `${text}.${String(part)}`;
  }, '');
  return written === '' ? 'body' : written;
}

function fieldErrors(issue: z.core.$ZodIssue, fieldOf: (path: Path) => string): FieldError[] {
  if (issue.code !== 'unrecognized_keys') return [{ field: fieldOf(issue.path), message: issue.message }];
  return issue.keys.map((key) => ({
    field: fieldOf([...issue.path, key]),
    message: 'is not known here; leave it out',
  }));
}

const kindNames: Record<string, string> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  array: 'an array',
};

/** What would be right, if the schema has no words of its own for it. */
function explain(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_type') {
    return issue.input === undefined ? 'is required' : `must be ${kindNames[issue.expected] ?? issue.expected}`;
  }
  if (issue.code === 'invalid_value')
    return `must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.join(', ')}`;
  if (issue.code === 'too_small')
    return `must ${verbOf(issue.origin)} at least ${issue.minimum}${unitOf(issue.origin)}`;
  if (issue.code === 'too_big') return `must ${verbOf(issue.origin)} at most ${issue.maximum}${unitOf(issue.origin)}`;
  return undefined;
}

const verbOf = (origin: string): string => (origin === 'string' || origin === 'array' ? 'have' : 'be');

const unitOf = (origin: string): string => {
  if (origin === 'string') return ' characters';
  return origin === 'array' ? ' entries' : '';
};

// eslint-disable-next-line no-control-regex
const UNSTORABLE = /\u0000|\p{Surrogate}/u;
const MAX_DEPTH = 20;

/**
 * Names each text, and each name of a field, that PostgreSQL cannot store: a null character or half a surrogate pair;
 * and whatever is nested deeper than 20 levels, because a body could be nested as deep as it is long.
 */
export function unstorable(value: unknown, fieldOf = bodyField, path: Path = []): FieldError[] {
  const message = 'must not contain a null character or half of a surrogate pair';
  if (typeof value === 'string' && UNSTORABLE.test(value)) return [{ field: fieldOf(path), message }];
  if (typeof value !== 'object' || value === null) return [];
  if (path.length > MAX_DEPTH) return [{ field: fieldOf(path), message: `is nested deeper than ${MAX_DEPTH} levels` }];
  return Object.entries(value).flatMap(([key, child]) => {
    if (UNSTORABLE.test(key)) return [{ field: fieldOf(path), message: `${message} in the name of a field` }];
    return unstorable(child, fieldOf, [...path, Array.isArray(value) ? Number(key) : key]);
  });
}
