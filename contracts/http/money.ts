import { z } from 'zod';
import type { Money } from '../../domain/money';
import { currencyCode } from './codes';

/** An amount of money in a request or a resource. */
export const money = z.strictObject({
  amount: z.int().min(0, 'must not be negative'),
  currency: currencyCode,
}) satisfies z.ZodType<Money>;
