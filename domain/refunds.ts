import { money, sum, times, type Money } from './money';
import type { Totals } from './pricing';

/** What was delivered of a sku, and how much of it has come back. */
export interface DeliveredLine {
  sku: string;
  unitPrice: Money;
  delivered: number;
  back: number;
}

/** A delivered order as refunds see it: the totals are those of what was delivered. */
export interface DeliveredOrder {
  totals: Totals;
  lines: readonly DeliveredLine[];
}

/**
 * What is due for units that come back: their price and the tax on it; and the price of shipping and its tax with the
 * last of them. The parts' sum is never more than the grand total, and exactly that when all units are back, however they
 * are spread over returns: tax is rounded, half up, on what is back in all, so that the last part evens it out.
 *
 * Throws a RangeError if more comes back of a sku than was delivered and is not back.
 */
export function refundDue(order: DeliveredOrder, coming: readonly { sku: string; quantity: number }[]): Money {
  const after = order.lines.map((line) => {
    const quantity = coming.find(({ sku }) => sku === line.sku)?.quantity ?? 0;
    return { ...line, back: line.back + quantity };
  });
  const stray = coming.find(({ sku, quantity }) => quantity > 0 && !order.lines.some((line) => line.sku === sku));
  const excess = stray ?? after.find(({ back, delivered }) => back > delivered);
  if (excess) throw new RangeError(`more of ${excess.sku} comes back than was delivered`);
  const { currency } = order.totals.grand;
  return money(worth({ ...order, lines: after }).amount - worth(order).amount, currency);
}

/** What the units that are back are worth together. */
function worth({ totals: { items, shipping, tax, grand }, lines }: DeliveredOrder): Money {
  if (lines.every(({ back, delivered }) => back === delivered)) return grand;
  const { currency } = grand;
  const goods = sum(
    lines.map(({ unitPrice, back }) => times(unitPrice, back)),
    currency,
  );
  const taxShare = proportion(tax.amount, goods.amount, items.amount + shipping.amount);
  return money(goods.amount + taxShare, currency);
}

/** `of × part / whole`, rounded half up; the product may be no safe integer. */
function proportion(of: number, part: number, whole: number): number {
  if (whole === 0) return 0;
  return Number((2n * BigInt(of) * BigInt(part) + BigInt(whole)) / (2n * BigInt(whole)));
}
