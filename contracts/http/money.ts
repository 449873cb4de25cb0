import { z } from 'zod';
import type { Money } from '../../domain/money';

/** An ISO 4217 currency code. */
export const currencyCode = z.string().regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code, for example EUR');

/** An amount of money in a request or a resource. */
export const money = z.strictObject({
  amount: z.int().min(0, 'must not be negative'),
  currency: currencyCode,
}) satisfies z.ZodType<Money>;
