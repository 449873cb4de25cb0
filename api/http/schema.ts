import { z } from 'zod';

/** The JSON Schema of what a schema takes, or of what it gives. */
export function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const written = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Record<string, unknown>;
  const { $schema: _, '~standard': _standard, ...rest } = written;
  return rest;
}
