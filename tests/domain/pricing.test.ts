import fc from 'fast-check';
import { money } from '../../domain/money';
import { price, type PricedLine } from '../../domain/pricing';

const line = (quantity: number, unitPrice: number, droppedQuantity = 0): PricedLine => ({
  quantity,
  droppedQuantity,
  unitPrice: money(unitPrice, 'EUR'),
});

const amounts = (lines: readonly PricedLine[], country: string): number[] => {
  const { items, shipping, tax, grand } = price(lines, 'EUR', country);
  return [items, shipping, tax, grand].map(({ amount }) => amount);
};

test.each([
  ['one line', [line(2, 1290)], 'DE', [2580, 490, 583, 3653]],
  ['several lines', [line(2, 1290), line(1, 500)], 'DE', [3080, 490, 678, 4248]],
  ['goods just below the limit pay shipping', [line(1, 4999)], 'DE', [4999, 490, 1043, 6532]],
  ['goods at the limit ship free', [line(1, 5000)], 'DE', [5000, 0, 950, 5950]],
  ['dropped units cost nothing', [line(3, 1000, 1)], 'DE', [2000, 490, 473, 2963]],
  ['shipping that was free for what was ordered stays free', [line(5, 1000, 1)], 'DE', [4000, 0, 760, 4760]],
  ['a dropped line costs nothing', [line(1, 1000), line(2, 700, 2)], 'DE', [1000, 490, 283, 1773]],
  ['nothing left to ship costs nothing', [line(2, 1000, 2)], 'DE', [0, 0, 0, 0]],
  ['no line costs nothing', [], 'DE', [0, 0, 0, 0]],
  ['free goods still ship', [line(1, 0)], 'DE', [0, 490, 93, 583]],
  ['tax goes by the country of delivery', [line(2, 1290)], 'HU', [2580, 490, 829, 3899]],
  ['an export is untaxed', [line(2, 1290)], 'US', [2580, 490, 0, 3070]],
  ['half a cent of tax is rounded up', [line(1, 5050)], 'DE', [5050, 0, 960, 6010]],
  ['less than half a cent is rounded down', [line(1, 5002)], 'DE', [5002, 0, 950, 5952]],
  ['tax is rounded once an order, not once a line', [line(1, 2501), line(1, 2501)], 'DE', [5002, 0, 950, 5952]],
] as const)('%s', (_, lines, country, expected) => {
  expect(amounts(lines, country)).toEqual(expected);
});

test('a line in another currency is refused', () => {
  expect(() => price([line(1, 100)], 'USD', 'DE')).toThrow(RangeError);
});

const anyLine = fc
  .record({
    quantity: fc.integer({ min: 1, max: 10_000 }),
    unitPrice: fc.nat(1_000_000),
    kept: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ quantity, unitPrice, kept }) => line(quantity, unitPrice, Math.floor(quantity * kept)));
const anyLines = fc.array(anyLine, { maxLength: 20 });
const anyCountry = fc.constantFrom('DE', 'FI', 'HU', 'LU', 'US');

test('the grand total is goods, shipping and tax', () => {
  fc.assert(
    fc.property(anyLines, anyCountry, (lines, country) => {
      const [items = 0, shipping = 0, tax = 0, grand] = amounts(lines, country);
      expect(grand).toBe(items + shipping + tax);
    }),
  );
});

test('pricing again gives the same price, in whatever order the lines stand', () => {
  fc.assert(
    fc.property(anyLines, anyCountry, (lines, country) => {
      expect(amounts(lines.toReversed(), country)).toEqual(amounts(lines, country));
    }),
  );
});

test('another unit never makes the goods cheaper, nor the order by more than the shipping it saves', () => {
  const shippingWithTax = Math.ceil(490 * 1.27) + 1;
  fc.assert(
    fc.property(fc.array(anyLine, { minLength: 1, maxLength: 20 }), anyCountry, ([first, ...rest], country) => {
      const more = [{ ...first!, quantity: first!.quantity + 1 }, ...rest];
      const [items = 0, , , grand = 0] = amounts([first!, ...rest], country);
      const [moreItems, , , moreGrand] = amounts(more, country);
      expect(moreItems).toBe(items + first!.unitPrice.amount);
      expect(moreGrand).toBeGreaterThanOrEqual(grand - shippingWithTax);
    }),
  );
});

test('dropping units never makes an order dearer', () => {
  const cheap = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.nat(2000)).map(([units, cents]) => line(units, cents));
  fc.assert(
    fc.property(fc.array(cheap, { minLength: 1, maxLength: 5 }), anyCountry, ([first, ...rest], country) => {
      const fewer = [{ ...first!, droppedQuantity: 1 }, ...rest];
      const [, , , grand = 0] = amounts([first!, ...rest], country);
      const [, , , fewerGrand = 0] = amounts(fewer, country);
      expect(fewerGrand).toBeLessThanOrEqual(grand);
    }),
  );
});
