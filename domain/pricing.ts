import { money, share, sum, times, type Money } from './money';

/** What is priced: the units of a line that are not dropped, at the line's unit price. */
export interface PricedLine {
  quantity: number;
  droppedQuantity: number;
  unitPrice: Money;
}

export interface Totals {
  items: Money;
  shipping: Money;
  tax: Money;
  grand: Money;
}

/** What an order is priced by besides its lines; it keeps them for as long as it lives. Amounts are minor units. */
export interface Rates {
  /** What shipping costs, whatever is shipped. */
  shippingFlat: number;
  /** The value of ordered goods from which shipping is free; null if it never is. */
  shippingFreeFrom: number | null;
  /** The tax on goods and shipping in hundredths of a per cent: 1900 is 19 %. */
  taxBasisPoints: number;
}

/**
 * Prices an order: `grand = items + shipping + tax`, tax on goods and shipping, rounded half up once an order.
 * Nothing left to ship costs nothing. Dropping units never makes an order dearer: shipping that was free for what was
 * ordered stays free.
 */
export function price(lines: readonly PricedLine[], currency: string, rates: Rates): Totals {
  const { shippingFlat, shippingFreeFrom, taxBasisPoints } = rates;
  const goods = (units: (line: PricedLine) => number) =>
    sum(
      lines.map((line) => times(line.unitPrice, units(line))),
      currency,
    );
  const ordered = goods(({ quantity }) => quantity);
  const items = goods(({ quantity, droppedQuantity }) => quantity - droppedQuantity);
  const ships = lines.some((line) => line.quantity > line.droppedQuantity);
  const free = !ships || (shippingFreeFrom !== null && ordered.amount >= shippingFreeFrom);
  const shipping = money(free ? 0 : shippingFlat, currency);
  const tax = share(sum([items, shipping], currency), taxBasisPoints);
  return { items, shipping, tax, grand: sum([items, shipping, tax], currency) };
}
