import { z } from 'zod';
import { currencyCode } from '../../contracts/http/codes';
import { money } from '../../contracts/http/money';
import { optional, singleLine, sku as skuOfProduct } from '../../contracts/http/text';
import type { ApiDependencies } from '../dependencies';
import { anyRole, keyOfCursor, page, paging, toPage } from '../http/parameters';
import { invalid, notFound } from '../http/problem';
import { route, type Route } from '../http/route';
import { hasShippingPrice, withoutShippingPrice } from '../rates/in-force';

const MAX_UNIT_PRICE = 1_000_000_000;
const MAX_WEIGHT_GRAMS = 1_000_000;

/** Any text: a sku of another form is as unknown as one that no product has. */
const params = z.strictObject({ sku: z.string() });

const unitPrice = z.strictObject({
  amount: money.shape.amount.max(MAX_UNIT_PRICE, `must be at most ${MAX_UNIT_PRICE}`),
  currency: currencyCode,
});

/** The body of `PUT /v1/products/{sku}`: the whole product. `sku` may stand in it, equal to the path's. */
const putProduct = z.strictObject({
  sku: optional(z.string()),
  name: singleLine(200),
  category: singleLine(64),
  unitPrice,
  weightGrams: z
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(MAX_WEIGHT_GRAMS, `must be at most ${MAX_WEIGHT_GRAMS}`),
  active: z.boolean().default(true),
});

const productResource = putProduct.extend({ sku: z.string(), active: z.boolean() });

interface ProductRow {
  sku: string;
  name: string;
  category: string;
  unitPrice: bigint;
  currency: string;
  weightGrams: number;
  active: boolean;
}

const toResource = ({ sku, name, category, unitPrice, currency, weightGrams, active }: ProductRow) => ({
  ...{ sku, name, category },
  unitPrice: { amount: Number(unitPrice), currency },
  ...{ weightGrams, active },
});

/** The routes of the catalogue. */
export const productRoutes = ({ database, now }: ApiDependencies): Route[] => [
  route({
    method: 'get',
    path: '/v1/products',
    operationId: 'listProducts',
    summary: 'Lists products by sku',
    access: anyRole,
    query: z.strictObject(paging),
    answers: { 200: { description: 'A page of products', schema: page(productResource) } },
    handle: async ({ query: { limit, cursor } }) => {
      const after = keyOfCursor(cursor, skuOfProduct) ?? '';
      const rows = await database.product.findMany({
        where: { sku: { gt: after } },
        orderBy: { sku: 'asc' },
        take: limit + 1,
      });
      const { items, nextCursor } = toPage(rows, limit, ({ sku }) => sku);
      return { status: 200, body: { items: items.map(toResource), nextCursor } };
    },
  }),
  route({
    method: 'get',
    path: '/v1/products/{sku}',
    operationId: 'getProduct',
    summary: 'Reads a product',
    access: anyRole,
    params,
    answers: { 200: { description: 'The product', schema: productResource } },
    handle: async ({ params: { sku } }) => {
      const product = await database.product.findUnique({ where: { sku } });
      if (!product) throw notFound('product');
      return { status: 200, body: toResource(product) };
    },
  }),
  route({
    method: 'put',
    path: '/v1/products/{sku}',
    operationId: 'putProduct',
    summary: 'Creates a product or replaces it wholly; orders keep the price they were placed at',
    access: ['admin'],
    params: z.strictObject({ sku: skuOfProduct }),
    body: putProduct,
    names: { parameter: 'sku', field: 'sku' },
    answers: {
      200: { description: 'The product is replaced', schema: productResource },
      201: { description: 'The product is created', schema: productResource, headers: ['Location'] },
    },
    handle: async ({ params: { sku }, body }) => {
      refuseOtherSku(sku, body.sku);
      const { amount, currency } = body.unitPrice;
      if (!(await hasShippingPrice(database.sql, currency, now())))
        throw invalid([{ field: 'unitPrice.currency', message: withoutShippingPrice(currency) }]);
      const row: ProductRow = { ...body, sku, unitPrice: BigInt(amount), currency };
      const [written] = await database.$queryRaw<[{ created: boolean }]>`
        INSERT INTO catalogue.product (sku, name, category, unit_price, currency, weight_grams, active)
        VALUES (${sku}, ${row.name}, ${row.category}, ${row.unitPrice}, ${currency}, ${row.weightGrams}, ${row.active})
        ON CONFLICT (sku) DO UPDATE SET name = excluded.name, category = excluded.category,
          unit_price = excluded.unit_price, currency = excluded.currency, weight_grams = excluded.weight_grams,
          active = excluded.active, updated_at = now()
        RETURNING xmax = 0 AS created`;
      if (!written.created) return { status: 200, body: toResource(row) };
      return { status: 201, body: toResource(row), headers: { Location: `/v1/products/${encodeURIComponent(sku)}` } };
    },
  }),
];

/** Throws if a body names another sku than its path. */
export function refuseOtherSku(inPath: string, inBody: string | undefined): void {
  if (inBody === undefined || inBody === inPath) return;
  throw invalid([{ field: 'sku', message: `must be ${inPath}, as in the path, or be left out` }]);
}
