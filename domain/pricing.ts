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

/** Flat shipping price in minor units, and the value of ordered goods from which shipping is free. */
const SHIPPING = { flat: 490, freeFrom: 5000 };

/** Standard VAT rates in basis points by country of delivery; elsewhere an export, untaxed. */
const VAT_BASIS_POINTS: Record<string, number> = {
  AT: 2000,
  BE: 2100,
  BG: 2000,
  CY: 1900,
  CZ: 2100,
  DE: 1900,
  DK: 2500,
  EE: 2400,
  ES: 2100,
  FI: 2550,
  FR: 2000,
  GR: 2400,
  HR: 2500,
  HU: 2700,
  IE: 2300,
  IT: 2200,
  LT: 2100,
  LU: 1700,
  LV: 2100,
  MT: 1800,
  NL: 2100,
  PL: 2300,
  PT: 2300,
  RO: 2100,
  SE: 2500,
  SI: 2200,
  SK: 2300,
};

/**
 * Prices an order: `grand = items + shipping + tax`, tax on goods and shipping, rounded half up once an order.
 * Nothing left to ship costs nothing. Dropping units never makes an order dearer: shipping that was free for what was
 * ordered stays free.
 *
 * @param country - ISO 3166-1 alpha-2 code of the country of delivery
 */
export function price(lines: readonly PricedLine[], currency: string, country: string): Totals {
  const goods = (units: (line: PricedLine) => number) =>
    sum(
      lines.map((line) => times(line.unitPrice, units(line))),
      currency,
    );
  const ordered = goods(({ quantity }) => quantity);
  const items = goods(({ quantity, droppedQuantity }) => quantity - droppedQuantity);
  const ships = lines.some((line) => line.quantity > line.droppedQuantity);
  const shipping = money(ships && ordered.amount < SHIPPING.freeFrom ? SHIPPING.flat : 0, currency);
  const tax = share(sum([items, shipping], currency), VAT_BASIS_POINTS[country] ?? 0);
  return { items, shipping, tax, grand: sum([items, shipping, tax], currency) };
}
