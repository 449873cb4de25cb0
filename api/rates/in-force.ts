import type { Rates } from '../../domain/pricing';
import type { Queryable } from '../../infra/database/client';

/** The rates of a day; without a shipping price nothing can be ordered in the currency. */
export type RatesInForce = Pick<Rates, 'taxBasisPoints'> & Partial<Rates>;

interface Row {
  /** JSON has numbers for these amounts, which are all safe integers. */
  shipping: Pick<Rates, 'shippingFlat' | 'shippingFreeFrom'> | null;
  taxBasisPoints: number;
}

/** The rates that hold on the day of `now` (UTC); a country without a tax rate is untaxed. */
export async function ratesInForce(
  database: Queryable,
  { currency, country }: { currency: string; country: string },
  now: Date,
): Promise<RatesInForce> {
  const [row] = await database.query<Row>`
    SELECT (SELECT json_build_object('shippingFlat', flat, 'shippingFreeFrom', free_from)
        FROM catalogue.shipping_price WHERE currency = ${currency} AND valid_from <= ${dayOf(now)}::date
        ORDER BY valid_from DESC, id DESC LIMIT 1) AS shipping,
      coalesce((SELECT basis_points FROM catalogue.tax_rate WHERE country = ${country}
        AND valid_from <= ${dayOf(now)}::date ORDER BY valid_from DESC, id DESC LIMIT 1), 0) AS "taxBasisPoints"`;
  if (!row) throw new Error('a statement without FROM returned no row');
  return { ...row.shipping, taxBasisPoints: row.taxBasisPoints };
}

/** Whether these rates are enough to price an order. */
export const arePriceable = (rates: RatesInForce): rates is Rates => rates.shippingFlat !== undefined;

/** Whether orders in the currency can be priced on the day of `now` (UTC). */
export async function hasShippingPrice(database: Queryable, currency: string, now: Date): Promise<boolean> {
  const found = await database.query`
    SELECT 1 FROM catalogue.shipping_price WHERE currency = ${currency} AND valid_from <= ${dayOf(now)}::date LIMIT 1`;
  return found.length > 0;
}

/** What is wrong with a currency that has no shipping price, and what to do about it. */
export const withoutShippingPrice = (currency: string): string =>
  `has no shipping price in ${currency} today; an admin sets one by PUT /v1/shipping-prices/${currency}`;

/** The day of a moment, as `2026-01-31`, in UTC. */
export const dayOf = (moment: Date): string => moment.toISOString().slice(0, 10);
