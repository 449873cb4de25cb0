import fc from 'fast-check';
import { money } from '../../domain/money';
import { price, type PricedLine } from '../../domain/pricing';
import { euroRates } from '../support/rates';

const line = (quantity: number, unitPrice: number, droppedQuantity = 0): PricedLine => ({
  quantity,
  droppedQuantity,
  unitPrice: money(unitPrice, 'EUR'),
});

const amounts = (lines: readonly PricedLine[], tax: number): number[] => {
  const totals = price(lines, 'EUR', euroRates(tax));
  return [totals.items, totals.shipping, totals.tax, totals.grand].map(({ amount }) => amount);
};

test.each([
  ['one line', [line(2, 1290)], 1900, [2580, 490, 583, 3653]],
  ['several lines', [line(2, 1290), line(1, 500)], 1900, [3080, 490, 678, 4248]],
  ['goods just below the limit pay shipping', [line(1, 4999)], 1900, [4999, 490, 1043, 6532]],
  ['goods at the limit ship free', [line(1, 5000)], 1900, [5000, 0, 950, 5950]],
  ['dropped units cost nothing', [line(3, 1000, 1)], 1900, [2000, 490, 473, 2963]],
  ['shipping that was free for what was ordered stays free', [line(5, 1000, 1)], 1900, [4000, 0, 760, 4760]],
  ['a dropped line costs nothing', [line(1, 1000), line(2, 700, 2)], 1900, [1000, 490, 283, 1773]],
  ['nothing left to ship costs nothing', [line(2, 1000, 2)], 1900, [0, 0, 0, 0]],
  ['no line costs nothing', [], 1900, [0, 0, 0, 0]],
  ['free goods still ship', [line(1, 0)], 1900, [0, 490, 93, 583]],
  ['tax goes by its rate', [line(2, 1290)], 2700, [2580, 490, 829, 3899]],
  ['a rate of 0 is no tax', [line(2, 1290)], 0, [2580, 490, 0, 3070]],
  ['half a cent of tax is rounded up', [line(1, 5050)], 1900, [5050, 0, 960, 6010]],
  ['less than half a cent is rounded down', [line(1, 5002)], 1900, [5002, 0, 950, 5952]],
  ['tax is rounded once an order, not once a line', [line(1, 2501), line(1, 2501)], 1900, [5002, 0, 950, 5952]],
] as const)('%s', (_, lines, tax, expected) => {
  expect(amounts(lines, tax)).toEqual(expected);
});

test('shipping that is never free is paid for whatever is ordered', () => {
  const never = { shippingFlat: 700, shippingFreeFrom: null, taxBasisPoints: 0 };
  expect(price([line(1, 900_000)], 'EUR', never)).toMatchObject({
    shipping: { amount: 700 },
    grand: { amount: 900_700 },
  });
});

test('a line in another currency is refused', () => {
  expect(() => price([line(1, 100)], 'USD', euroRates())).toThrow(RangeError);
});

const anyLine = fc
  .record({
    quantity: fc.integer({ min: 1, max: 10_000 }),
    unitPrice: fc.nat(1_000_000),
    kept: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ quantity, unitPrice, kept }) => line(quantity, unitPrice, Math.floor(quantity * kept)));
const anyLines = fc.array(anyLine, { maxLength: 20 });
const anyTax = fc.constantFrom(1900, 2550, 2700, 1700, 0);

test('the grand total is goods, shipping and tax', () => {
  fc.assert(
    fc.property(anyLines, anyTax, (lines, rate) => {
      const [items = 0, shipping = 0, tax = 0, grand] = amounts(lines, rate);
      expect(grand).toBe(items + shipping + tax);
    }),
  );
});

test('pricing again gives the same price, in whatever order the lines stand', () => {
  fc.assert(
    fc.property(anyLines, anyTax, (lines, tax) => {
      expect(amounts(lines.toReversed(), tax)).toEqual(amounts(lines, tax));
    }),
  );
});

test('another unit never makes the goods cheaper, nor the order by more than the shipping it saves', () => {
  const shippingWithTax = Math.ceil(490 * 1.27) + 1;
  fc.assert(
    fc.property(fc.array(anyLine, { minLength: 1, maxLength: 20 }), anyTax, ([first, ...rest], tax) => {
      const more = [{ ...first!, quantity: first!.quantity + 1 }, ...rest];
      const [items = 0, , , grand = 0] = amounts([first!, ...rest], tax);
      const [moreItems, , , moreGrand] = amounts(more, tax);
      expect(moreItems).toBe(items + first!.unitPrice.amount);
      expect(moreGrand).toBeGreaterThanOrEqual(grand - shippingWithTax);
    }),
  );
});

test('dropping units never makes an order dearer', () => {
  const cheap = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.nat(2000)).map(([units, cents]) => line(units, cents));
  fc.assert(
    fc.property(fc.array(cheap, { minLength: 1, maxLength: 5 }), anyTax, ([first, ...rest], tax) => {
      const fewer = [{ ...first!, droppedQuantity: 1 }, ...rest];
      const [, , , grand = 0] = amounts([first!, ...rest], tax);
      const [, , , fewerGrand = 0] = amounts(fewer, tax);
      expect(fewerGrand).toBeLessThanOrEqual(grand);
    }),
  );
});
