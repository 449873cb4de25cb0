import { countryCode, currencyCode, hasPostalCodes } from '../../contracts/http/codes';

const accepts = (schema: typeof countryCode, code: string) => schema.safeParse(code).success;

test.each(['DE', 'GB', 'GR', 'HK', 'US', 'SS', 'AX'])('%s is a country', (code) => {
  expect(accepts(countryCode, code)).toBe(true);
});

test.each([
  ['UK', /UK is written GB/],
  ['EL', /EL is written GR/],
  ['EU', /assigned ISO 3166-1/],
  ['AN', /assigned ISO 3166-1/],
  ['ger', /alpha-2/],
])('%s is none, and the reason says what would be right', (code, message) => {
  expect(countryCode.safeParse(code).error?.issues).toMatchObject([{ message: expect.stringMatching(message) }]);
});

test.each(['EUR', 'USD', 'JPY', 'KWD', 'XAF', 'XOF', 'VND', 'CHF'])('%s is a currency in use', (code) => {
  expect(accepts(currencyCode, code)).toBe(true);
});

test.each(['XXX', 'XTS', 'XAU', 'DEM', 'ABC', 'BTC', 'EURO'])('%s is none', (code) => {
  expect(accepts(currencyCode, code)).toBe(false);
});

test('some countries have postal codes, and some have none', () => {
  expect(['DE', 'US', 'GB', 'IE', 'JP', 'BR'].filter(hasPostalCodes)).toHaveLength(6);
  expect(['AE', 'HK', 'QA', 'MO', 'GH', 'JM'].filter(hasPostalCodes)).toEqual([]);
});
