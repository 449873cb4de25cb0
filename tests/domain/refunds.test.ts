import fc from 'fast-check';
import { money } from '../../domain/money';
import { price } from '../../domain/pricing';
import { refundDue, type DeliveredOrder } from '../../domain/refunds';
import { euroRates } from '../support/rates';

/** A delivered order of lines of `[delivered, unit price]`, whose skus are `SKU-0` and so on. */
function delivered(
  lines: readonly (readonly [number, number])[],
  taxBasisPoints = 1900,
  back: number[] = [],
): DeliveredOrder {
  const priced = lines.map(([quantity, unitPrice]) => {
    return { quantity, droppedQuantity: 0, unitPrice: money(unitPrice, 'EUR') };
  });
  return {
    totals: price(priced, 'EUR', euroRates(taxBasisPoints)),
    lines: priced.map(({ quantity, unitPrice }, index) => {
      return { sku: `SKU-${index}`, unitPrice, delivered: quantity, back: back[index] ?? 0 };
    }),
  };
}

const units = (...quantities: number[]) => quantities.map((quantity, index) => ({ sku: `SKU-${index}`, quantity }));

test.each([
  ['the price of a unit and the tax on it', delivered([[2, 1290]]), units(1), 1290 + 245],
  ['shipping too, when everything comes back', delivered([[2, 1290]]), units(2), 3653],
  ['the rest of everything, when the last unit comes back', delivered([[2, 1290]], 1900, [1]), units(1), 3653 - 1535],
  [
    'no shipping, where another sku stays',
    delivered([
      [1, 1000],
      [1, 500],
    ]),
    units(1),
    1190,
  ],
  ['no tax on an export', delivered([[2, 1290]], 0), units(1), 1290],
  ['nothing for nothing', delivered([[2, 1290]]), units(0), 0],
  ['nothing for free goods', delivered([[2, 0]]), units(1), 0],
] as const)('%s', (_, order, coming, amount) => {
  expect(refundDue(order, coming)).toEqual(money(amount, 'EUR'));
});

test.each([
  ['than was delivered', delivered([[2, 1290]]), units(3)],
  ['than is not back yet', delivered([[2, 1290]], 1900, [1]), units(2)],
  ['of what was never delivered', delivered([[2, 1290]]), [{ sku: 'OTHER-1', quantity: 1 }]],
])('more %s is refused', (_, order, coming) => {
  expect(() => refundDue(order, coming)).toThrow(RangeError);
});

const lines = fc.array(fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 1_000_000_000 })), {
  minLength: 1,
  maxLength: 5,
});

/** An order, and its units in an order in which they come back, cut into returns. */
const returned = fc
  .tuple(lines, fc.constantFrom(1900, 2700, 0, 2550))
  .chain(([given, taxBasisPoints]) => {
    const skus = given.flatMap(([quantity], index) => Array.from({ length: quantity }, () => index));
    const cuts = fc.array(fc.boolean(), { minLength: skus.length, maxLength: skus.length });
    return fc.tuple(
      fc.constant(delivered(given, taxBasisPoints)),
      fc.shuffledSubarray(skus, { minLength: skus.length, maxLength: skus.length }),
      cuts,
    );
  })
  .map(([order, skus, cuts]) => ({ order, returns: cut(skus, cuts).map((part) => unitsOf(order, part)) }));

function cut(skus: number[], cuts: boolean[]): number[][] {
  const parts: number[][] = [[]];
  skus.forEach((sku, index) => {
    parts.at(-1)?.push(sku);
    if (cuts[index] && index < skus.length - 1) parts.push([]);
  });
  return parts;
}

const unitsOf = ({ lines: of }: DeliveredOrder, part: number[]) =>
  units(...of.map((_, index) => part.filter((sku) => sku === index).length));

/** What is due for each return in turn. */
function dues(order: DeliveredOrder, returns: ReturnType<typeof units>[]): number[] {
  let now = order;
  return returns.map((coming) => {
    const due = refundDue(now, coming).amount;
    const quantity = (sku: string) => coming.find((each) => each.sku === sku)?.quantity ?? 0;
    now = { ...now, lines: now.lines.map((line) => ({ ...line, back: line.back + quantity(line.sku) })) };
    return due;
  });
}

test('when everything is back, exactly the grand total is refunded, however it came back', () => {
  fc.assert(
    fc.property(returned, ({ order, returns }) => {
      const parts = dues(order, returns);
      expect(parts.reduce((total, part) => total + part, 0)).toBe(order.totals.grand.amount);
      for (const part of parts) expect(part).toBeGreaterThanOrEqual(0);
    }),
  );
});

test('as long as anything is not back, the price of shipping is not refunded, nor more tax than the goods bore', () => {
  fc.assert(
    fc.property(returned, ({ order, returns }) => {
      const { items, shipping, tax } = order.totals;
      const refunded = dues(order, returns.slice(0, -1)).reduce((total, part) => total + part, 0);
      const [taxed, goods] = [items.amount + shipping.amount, items.amount];
      expect(refunded).toBeLessThanOrEqual(goods + (taxed === 0 ? 0 : Math.ceil((tax.amount * goods) / taxed)));
    }),
  );
});
