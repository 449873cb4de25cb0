import { z } from 'zod';

/** No control characters: PostgreSQL cannot store U+0000, and the others have no place on a label or in a log line. */
// eslint-disable-next-line no-control-regex
const NO_CONTROL_CHARACTERS = /^[^\u0000-\u001f\u007f]*$/;

/**
 * A single line of human text, 1 to `maxLength` characters, without control characters and not blank.
 *
 * @param maxLength - the longest text accepted, in UTF-16 code units
 */
export const singleLine = (maxLength: number) =>
  z
    .string()
    .min(1, 'must not be empty')
    .max(maxLength, `must be at most ${maxLength} characters`)
    .regex(NO_CONTROL_CHARACTERS, 'must not contain control characters')
    .refine((text) => text.trim() !== '', 'must not be blank');

/** An identifier as clients choose them: letters, digits and `._:-`, 1 to 64 characters. */
export const identifier = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/, 'must be 1 to 64 letters, digits or any of . _ : -');

/** A stock keeping unit: capitals, digits and hyphens, 2 to 32 characters. */
export const sku = z
  .string()
  .regex(/^[A-Z0-9][A-Z0-9-]{1,31}$/, 'must be 2 to 32 capital letters, digits or hyphens, for example MUG-001');

/** A warehouse's short code, such as `BER`. */
export const warehouseCode = z.string().regex(/^[A-Z]{3}$/, 'must be three capital letters, for example BER');

/** An ISO 3166-1 alpha-2 country code. */
export const countryCode = z.string().regex(/^[A-Z]{2}$/, 'must be an ISO 3166-1 alpha-2 country code, for example DE');
