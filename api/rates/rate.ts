import { z } from 'zod';

/** The first day, in UTC, on which a rate holds. Of several rates for a day the one that was set last holds. */
export const validFrom = z.iso
  .date('must be a day, for example 2027-01-01')
  .refine((day) => day >= '1970-01-01', 'must not lie before 1970-01-01');

/** Who set a rate, and when. */
export const setBy = { setBy: z.string(), setAt: z.iso.datetime() };

/** What a list of rates is ordered by: `EUR/2027-01-01`. */
export const keyOfRate = z.string().regex(/^[A-Z]{2,3}\/[0-9]{4}-[0-9]{2}-[0-9]{2}$/);
