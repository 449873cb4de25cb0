import type { PlaceOrder } from '../../contracts/http/order';
import { format, money } from '../../domain/money';
import { price, type Rates, type Totals } from '../../domain/pricing';
import { END_OF_TIME } from '../http/parameters';
import { invalid, type FieldError } from '../http/problem';
import { arePriceable, withoutShippingPrice, type RatesInForce } from '../rates/in-force';

/** A product as the catalogue has it. */
export interface CatalogueProduct {
  sku: string;
  name: string;
  /** A bigint, which the driver gives as text. */
  unitPrice: string;
  currency: string;
  active: boolean;
}

export interface PricedOrder {
  lines: { sku: string; name: string; quantity: number; droppedQuantity: number; unitPrice: number }[];
  totals: Totals;
  rates: Rates;
}

/** The most that an order's goods may cost, in minor units: within it every sum is exact. */
const MAX_ITEMS = 100_000_000_000;

/**
 * Prices an order from the catalogue and the rates of the day. Throws a problem that names each field that these don't
 * allow, or a deadline that has passed.
 */
export function priceOrder(
  order: PlaceOrder,
  catalogue: readonly CatalogueProduct[],
  rates: RatesInForce,
  now: Date,
): PricedOrder {
  const products = new Map(catalogue.map((product) => [product.sku, product]));
  const errors: FieldError[] = [];
  const lines = order.lines.flatMap(({ sku, quantity }, index) => {
    const product = products.get(sku);
    if (!product?.active) {
      const message = product ? `${sku} is no longer sold` : `must be a sku of the catalogue; ${sku} is not`;
      errors.push({ field: `lines[${index}].sku`, message });
      return [];
    }
    return [{ sku, name: product.name, quantity, droppedQuantity: 0, unitPrice: Number(product.unitPrice) }];
  });
  const { currency } = order;
  const unpriced = wrongCurrency(order, products);
  errors.push(...unpriced, ...impossibleDeadline(order, now));
  if (!arePriceable(rates) && unpriced.length === 0)
    errors.push({ field: 'currency', message: withoutShippingPrice(currency) });
  const items = lines.reduce((total, line) => total + line.unitPrice * line.quantity, 0);
  if (items > MAX_ITEMS) {
    const most = format(money(MAX_ITEMS, currency));
    errors.push({ field: 'lines', message: `must cost at most ${most} together` });
  }
  if (errors.length > 0 || !arePriceable(rates)) throw invalid(errors);
  const priced = lines.map((line) => ({ ...line, unitPrice: money(line.unitPrice, currency) }));
  return { lines, totals: price(priced, currency, rates), rates };
}

function wrongCurrency(order: PlaceOrder, products: Map<string, CatalogueProduct>): FieldError[] {
  const sold = order.lines.flatMap(({ sku }) => products.get(sku) ?? []);
  const [first, ...others] = sold;
  const other = others.find(({ currency }) => currency !== first?.currency);
  if (first && other) {
    const prices = [first, other].map(({ sku, currency }) => `${sku} is priced in ${currency}`).join(', ');
    return [{ field: 'currency', message: `is one for all lines of an order, but ${prices}: order them apart` }];
  }
  if (!first || first.currency === order.currency) return [];
  return [{ field: 'currency', message: `must be ${first.currency}, in which ${first.sku} is priced` }];
}

function impossibleDeadline({ options: { backorderUntil } }: PlaceOrder, now: Date): FieldError[] {
  if (backorderUntil === null) return [];
  const deadline = Date.parse(backorderUntil);
  if (deadline > now.getTime() && deadline < END_OF_TIME) return [];
  return [{ field: 'options.backorderUntil', message: 'must lie in the future, and before the year 10000' }];
}
