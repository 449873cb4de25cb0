import { z } from 'zod';
import { currencyCode } from '../../contracts/http/codes';
import { money } from '../../contracts/http/money';
import type { Money } from '../../domain/money';
import type { ApiDependencies } from '../dependencies';
import { keyOfCursor, page, paging, toPage } from '../http/parameters';
import { invalid, type FieldError } from '../http/problem';
import { route, type Route } from '../http/route';
import { dayOf } from './in-force';
import { keyOfRate, setBy, validFrom } from './rate';

const MAX_AMOUNT = 1_000_000_000;

const amount = z.strictObject({
  amount: money.shape.amount.max(MAX_AMOUNT, `must be at most ${MAX_AMOUNT}`),
  currency: currencyCode,
});

/** The body of `PUT /v1/shipping-prices/{currency}`. */
const putShippingPrice = z.strictObject({ validFrom, flat: amount, freeFrom: amount.nullable() });

const shippingPriceResource = putShippingPrice.extend({ currency: currencyCode, ...setBy });

interface Row {
  currency: string;
  validFrom: Date;
  flat: bigint;
  freeFrom: bigint | null;
  actorId: string;
  at: Date;
}

function toResource({ currency, flat, freeFrom, ...row }: Row) {
  const inCurrency = (minorUnits: bigint): Money => ({ amount: Number(minorUnits), currency });
  return {
    ...{ currency, validFrom: dayOf(row.validFrom), flat: inCurrency(flat) },
    freeFrom: freeFrom === null ? null : inCurrency(freeFrom),
    ...{ setBy: row.actorId, setAt: row.at.toISOString() },
  };
}

/** The routes of what shipping costs in each currency. */
export const shippingPriceRoutes = ({ database }: ApiDependencies): Route[] => [
  route({
    method: 'get',
    path: '/v1/shipping-prices',
    operationId: 'listShippingPrices',
    summary: 'Lists what shipping costs, by currency and the day (UTC) from which the price holds',
    access: ['support', 'admin'],
    query: z.strictObject(paging),
    answers: { 200: { description: 'A page of shipping prices', schema: page(shippingPriceResource) } },
    handle: async ({ query: { limit, cursor } }) => {
      const after = keyOfCursor(cursor, keyOfRate) ?? '';
      const rows = await database.$queryRaw<Row[]>`
        SELECT DISTINCT ON (currency, valid_from) currency, valid_from AS "validFrom", flat, free_from AS "freeFrom",
          actor_id AS "actorId", at
        FROM catalogue.shipping_price WHERE currency || '/' || valid_from::text > ${after}
        ORDER BY currency, valid_from, id DESC LIMIT ${limit + 1}`;
      const { items, nextCursor } = toPage(rows.map(toResource), limit, (each) => `${each.currency}/${each.validFrom}`);
      return { status: 200, body: { items, nextCursor } };
    },
  }),
  route({
    method: 'put',
    path: '/v1/shipping-prices/{currency}',
    operationId: 'putShippingPrice',
    summary: 'Sets what shipping costs from a day (UTC) on; orders keep the price they were placed at',
    access: ['admin'],
    params: z.strictObject({ currency: currencyCode }),
    body: putShippingPrice,
    answers: { 200: { description: 'The price is set', schema: shippingPriceResource } },
    handle: async ({ actor, params: { currency }, body: { validFrom: day, flat, freeFrom } }) => {
      refuseOtherCurrency(currency, { flat, freeFrom });
      const row = await database.shippingPrice.create({
        data: {
          ...{ currency, validFrom: new Date(day), flat: flat.amount, freeFrom: freeFrom && freeFrom.amount },
          actorId: actor.subject,
        },
      });
      return { status: 200, body: toResource(row) };
    },
  }),
];

function refuseOtherCurrency(currency: string, amounts: Record<string, Money | null>): void {
  const message = `must be ${currency}, as in the path`;
  const errors = Object.entries(amounts).flatMap(([field, value]): FieldError[] =>
    value === null || value.currency === currency ? [] : [{ field: `${field}.currency`, message }],
  );
  if (errors.length > 0) throw invalid(errors);
}
