import { z } from 'zod';

/** An ISO 4217 currency code. */
export const currencyCode = z.string().regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code, for example EUR');

/** An amount of money: an integer number of the currency's minor unit (cents for EUR) and its ISO 4217 code. */
export const money = z.strictObject({
  amount: z.int().min(0, 'must not be negative'),
  currency: currencyCode,
});

export type Money = z.infer<typeof money>;
