import { codes as iso4217 } from 'currency-codes';
import { iso31661 } from 'iso-3166/1.js';
import { formatAddress } from 'localized-address-format';
import { z } from 'zod';

const countries: ReadonlySet<string> = new Set(iso31661.map(({ alpha2 }) => alpha2));

const inUse = new Set(Intl.supportedValuesOf('currency'));

/**
 * The currencies that an amount can be paid in. ISO 4217 also lists metals, funds and test codes; the runtime's own data
 * (`Intl`) does not count those among the currencies.
 */
const currencies: ReadonlySet<string> = new Set(iso4217().filter((code) => inUse.has(code)));

/** Codes that people write for a country by mistake, with the one that is assigned. */
const MISTAKEN: Readonly<Record<string, string>> = { UK: 'GB', EL: 'GR' };

const unknownCountry = (code: string): string => {
  const meant = MISTAKEN[code];
  const form = 'must be an assigned ISO 3166-1 alpha-2 country code, for example DE';
  return meant === undefined ? form : `${form}; ${code} is written ${meant}`;
};

/** An assigned ISO 3166-1 alpha-2 country code. */
export const countryCode = z
  .string()
  .regex(/^[A-Z]{2}$/, { error: 'must be an ISO 3166-1 alpha-2 country code, for example DE', abort: true })
  .refine((code) => countries.has(code), { error: ({ input }) => unknownCountry(String(input)) })
  .describe('An assigned ISO 3166-1 alpha-2 code');

/** The ISO 4217 code of a currency that is in use. */
export const currencyCode = z
  .string()
  .regex(/^[A-Z]{3}$/, { error: 'must be an ISO 4217 code, for example EUR', abort: true })
  .refine((code) => currencies.has(code), 'must be the ISO 4217 code of a currency in use, for example EUR')
  .describe('The ISO 4217 code of a currency in use');

const PROBE = '10119';

/** Whether addresses of the country are written with a postal code, by the address formats that Google publishes. */
export const hasPostalCodes = (country: string): boolean =>
  formatAddress({ postalCountry: country, postalCode: PROBE }).some((line) => line.includes(PROBE));
