import { z } from 'zod';

const MIN_LENGTH = 32;
/** Thirty-two random hexadecimal digits have fewer than eight different ones about once in 100,000 times. */
const MIN_DIFFERENT = 8;

/** A secret that signs tokens: long, and nothing that is guessed at once, such as 32 times the same letter. */
export const jwtSecret = z
  .string()
  .min(MIN_LENGTH, `must have at least ${MIN_LENGTH} characters`)
  .refine(isVaried, 'is too easy to guess: take one that "openssl rand -hex 32" prints');

function isVaried(secret: string): boolean {
  const different = new Set(secret.replaceAll(/\s/g, '').toLowerCase());
  return different.size >= MIN_DIFFERENT && !/^(.{1,16})\1+$/s.test(secret);
}
