import { z } from 'zod';
import { containsCardNumber } from './card-number';

/**
 * What no single line of text may contain: control characters (PostgreSQL cannot store U+0000), line and paragraph
 * separators, marks that turn the direction of the text after them, and invisible signs without a use in writing. The
 * joiners that Persian, Khmer or an emoji need are none of these.
 */
const NOT_ON_A_LINE = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/u;
const BREAKS = /[\n\t]/g;
const VISIBLE = /(?![\p{Default_Ignorable_Code_Point}\u2800])[\p{L}\p{N}\p{P}\p{S}]/u;

/** Refuses a text with a card number, so that none is ever stored or logged. */
export const withoutCardNumber = (schema: z.ZodString) =>
  schema.refine((value) => !containsCardNumber(value), 'looks like a card number; leave it out');

const text = (maxLength: number) =>
  withoutCardNumber(
    z
      .string()
      .trim()
      .min(1, { error: 'must not be empty', abort: true })
      .max(maxLength, `must be at most ${maxLength} characters`)
      .refine((value) => VISIBLE.test(value), 'must contain a visible character'),
  );

/**
 * A single line of human text, 1 to `maxLength` characters, stored without the space around it. It has a visible
 * character, and no control characters, marks that turn the direction of text, or card numbers.
 *
 * @param maxLength - the longest text accepted, in UTF-16 code units
 */
export const singleLine = (maxLength: number) =>
  text(maxLength)
    .refine(
      (value) => !NOT_ON_A_LINE.test(value),
      'must be one line, without control characters or marks that turn the direction of text',
    )
    .describe('One visible line of text, without control characters and without a card number');

/**
 * Human text like {@link singleLine}, which may have several lines. Stored with `\n` between two of them.
 *
 * @param maxLength - the longest text accepted, in UTF-16 code units
 */
export const severalLines = (maxLength: number) =>
  text(maxLength)
    .overwrite((value) => value.replaceAll(/\r\n?|\u2028|\u2029|\u0085/g, '\n'))
    .refine(
      (value) => !NOT_ON_A_LINE.test(value.replace(BREAKS, '')),
      'must not contain control characters or marks that turn the direction of text',
    )
    .describe('Visible text of one or several lines, without control characters and without a card number');

/**
 * An optional text: left out and `null` are the same, and `""` is refused with a word on leaving it out.
 *
 * @param required - the schema of the text when it is given
 */
export const optional = (required: z.ZodString) => {
  const given = z
    .string()
    .min(1, { error: 'must not be empty; leave it out, or send null', abort: true })
    .check(...(required.def.checks ?? []));
  return given
    .nullish()
    .transform((value) => value ?? undefined)
    .pipe(required.optional());
};

/** An id as clients and identity providers choose them, such as `cus_1001` or `auth0|abc`: 1 to 128 characters. */
export const identifier = z
  .string()
  .regex(/^[A-Za-z0-9._:|@/+=~-]{1,128}$/, 'must be 1 to 128 letters, digits or any of . _ : | @ / + = ~ -');

/** A client's own name for an order, such as `web-8841`, `#1001` or `2026/0001`. */
export const clientReference = singleLine(64);

/** A stock keeping unit: letters, digits and `._/-`, 1 to 64 characters. */
export const sku = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$/,
    'must be 1 to 64 letters, digits or any of . _ / -, and begin with a letter or a digit, for example MUG-001',
  );

/** A warehouse's short code, such as `BER`. */
export const warehouseCode = z.string().regex(/^[A-Z]{3}$/, 'must be three capital letters, for example BER');
