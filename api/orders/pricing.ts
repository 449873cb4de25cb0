import type { PlaceOrder } from '../../contracts/http/order';
import { format, money } from '../../domain/money';
import { price, type Totals } from '../../domain/pricing';
import { END_OF_TIME } from '../http/parameters';
import { invalid, type FieldError } from '../http/problem';

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
}

/** The most that an order's goods may cost, in minor units: within it every sum is exact. */
const MAX_ITEMS = 100_000_000_000;

/**
 * Prices an order from the catalogue. Throws a problem that names each field that the catalogue doesn't allow, or a
 * deadline that has passed.
 */
export function priceOrder(order: PlaceOrder, catalogue: readonly CatalogueProduct[], now: Date): PricedOrder {
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
  errors.push(...wrongCurrency(order, products), ...impossibleDeadline(order, now));
  const items = lines.reduce((total, line) => total + line.unitPrice * line.quantity, 0);
  if (items > MAX_ITEMS) {
    const most = format(money(MAX_ITEMS, order.currency));
    errors.push({ field: 'lines', message: `must cost at most ${most} together` });
  }
  if (errors.length > 0) throw invalid(errors);
  const { currency } = order;
  const priced = lines.map((line) => ({ ...line, unitPrice: money(line.unitPrice, currency) }));
  return { lines, totals: price(priced, currency, order.shippingAddress.country) };
}

function wrongCurrency(order: PlaceOrder, products: Map<string, CatalogueProduct>): FieldError[] {
  const other = [...products.values()].find(({ currency }) => currency !== order.currency);
  return other ? [{ field: 'currency', message: `must be ${other.currency}, in which ${other.sku} is priced` }] : [];
}

function impossibleDeadline({ options: { backorderUntil } }: PlaceOrder, now: Date): FieldError[] {
  if (backorderUntil === null) return [];
  const deadline = Date.parse(backorderUntil);
  if (deadline > now.getTime() && deadline < END_OF_TIME) return [];
  return [{ field: 'options.backorderUntil', message: 'must lie in the future, and before the year 10000' }];
}
