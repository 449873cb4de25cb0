import { data as iso4217 } from 'currency-codes';
import fc from 'fast-check';
import { format, money, share, sum, times } from '../../domain/money';

test.each([0.5, NaN, Infinity, 2 ** 53])('%s minor units are refused', (amount) => {
  expect(() => money(amount, 'EUR')).toThrow(RangeError);
});

test('a product beyond safe integers is refused rather than rounded', () => {
  expect(() => times(money(2 ** 52, 'EUR'), 4)).toThrow(RangeError);
});

test('a sum beyond safe integers is refused rather than rounded', () => {
  const huge = money(Number.MAX_SAFE_INTEGER, 'EUR');
  expect(() => sum([huge, huge], 'EUR')).toThrow(RangeError);
});

test('amounts of different currencies are not added', () => {
  expect(() => sum([money(1, 'EUR'), money(1, 'USD')], 'EUR')).toThrow(/cannot add USD to EUR/);
});

test('nothing adds up to nothing', () => {
  expect(sum([], 'EUR')).toEqual({ amount: 0, currency: 'EUR' });
});

test.each([
  [1000, 1900, 190],
  [1, 5000, 1],
  [1, 4999, 0],
  [3, 5000, 2],
  [50, 1900, 10],
  [2490, 2550, 635],
  [1000, 0, 0],
  [1000, 10_000, 1000],
])('of %i minor units, %i basis points are %i, rounded half up', (amount, basisPoints, expected) => {
  expect(share(money(amount, 'EUR'), basisPoints)).toEqual({ amount: expected, currency: 'EUR' });
});

test('a share differs from the exact one by at most half a minor unit', () => {
  fc.assert(
    fc.property(fc.nat(10 ** 11), fc.nat(10_000), (amount, basisPoints) => {
      const exact = (BigInt(amount) * BigInt(basisPoints) * 2n + 10_000n) / 20_000n;
      expect(share(money(amount, 'EUR'), basisPoints).amount).toBe(Number(exact));
    }),
  );
});

test.each([
  [4990, 'EUR', '49.90 EUR'],
  [5, 'EUR', '0.05 EUR'],
  [0, 'EUR', '0.00 EUR'],
  [1234, 'JPY', '1234 JPY'],
  [1, 'KWD', '0.001 KWD'],
  [12_345, 'BHD', '12.345 BHD'],
  [1500, 'PYG', '1500 PYG'],
  [1500, 'IQD', '1.500 IQD'],
  [1500, 'HUF', '15.00 HUF'],
  [15_000, 'CLF', '1.5000 CLF'],
])('%i minor units of %s are written %s', (amount, currency, expected) => {
  expect(format(money(amount, currency))).toBe(expected);
});

test('every currency is written with as many digits as ISO 4217 gives it', () => {
  const written = iso4217.map(({ code }) => [code, format(money(1, code)).split(/[. ]/)[1]?.length]);
  expect(iso4217.length).toBeGreaterThan(170);
  expect(written).toEqual(iso4217.map(({ code, digits }) => [code, digits === 0 ? 3 : digits]));
});
