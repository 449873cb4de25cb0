import { minorUnitDigits } from './currencies';

/** An amount of money: an integer number of the currency's minor unit (cents for EUR) and its ISO 4217 code. */
export type Money = { amount: number; currency: string };

/** `amount` minor units of `currency`. Throws a RangeError if the amount is no safe integer. */
export function money(amount: number, currency: string): Money {
  if (!Number.isSafeInteger(amount)) throw new RangeError(`${amount} is not a safe integer number of minor units`);
  return { amount, currency };
}

/** The sum of amounts of one currency. Throws a RangeError if currencies differ. */
export function sum(amounts: readonly Money[], currency: string): Money {
  const stray = amounts.find((each) => each.currency !== currency);
  if (stray) throw new RangeError(`cannot add ${stray.currency} to ${currency}`);
  return money(
    amounts.reduce((total, each) => total + each.amount, 0),
    currency,
  );
}

/** Money times a whole number of units. */
export const times = (each: Money, quantity: number): Money => money(each.amount * quantity, each.currency);

/**
 * A share of an amount, rounded half up to the minor unit.
 *
 * @param basisPoints - the share in hundredths of a per cent: 1900 is 19 %
 */
export const share = (of: Money, basisPoints: number): Money =>
  money(Math.floor((of.amount * basisPoints + 5_000) / 10_000), of.currency);

/** An amount as people write it: `49.90 EUR`. */
export function format({ amount, currency }: Money): string {
  const digits = minorUnitDigits(currency);
  if (digits === 0) return `${amount} ${currency}`;
  const padded = String(amount).padStart(digits + 1, '0');
  return `${padded.slice(0, -digits)}.${padded.slice(-digits)} ${currency}`;
}
