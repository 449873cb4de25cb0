import { z } from 'zod';
import { countryCode } from '../../contracts/http/codes';
import type { ApiDependencies } from '../dependencies';
import { keyOfCursor, page, paging, toPage } from '../http/parameters';
import { route, type Route } from '../http/route';
import { dayOf } from './in-force';
import { keyOfRate, setBy, validFrom } from './rate';

/** The body of `PUT /v1/tax-rates/{country}`; 1900 basis points are 19 %. */
const putTaxRate = z.strictObject({
  validFrom,
  basisPoints: z.int('must be a whole number').min(0, 'must not be negative').max(10_000, 'must be at most 10000'),
});

const taxRateResource = putTaxRate.extend({ country: countryCode, ...setBy });

interface Row {
  country: string;
  validFrom: Date;
  basisPoints: number;
  actorId: string;
  at: Date;
}

const toResource = ({ country, validFrom: day, basisPoints, actorId, at }: Row) => ({
  ...{ country, validFrom: dayOf(day), basisPoints },
  ...{ setBy: actorId, setAt: at.toISOString() },
});

/** The routes of the tax on what is delivered to each country. */
export const taxRateRoutes = ({ database }: ApiDependencies): Route[] => [
  route({
    method: 'get',
    path: '/v1/tax-rates',
    operationId: 'listTaxRates',
    summary:
      'Lists tax rates, by country and the day (UTC) from which the rate holds; a country without one is untaxed',
    access: ['support', 'admin'],
    query: z.strictObject(paging),
    answers: { 200: { description: 'A page of tax rates', schema: page(taxRateResource) } },
    handle: async ({ query: { limit, cursor } }) => {
      const after = keyOfCursor(cursor, keyOfRate) ?? '';
      const rows = await database.$queryRaw<Row[]>`
        SELECT DISTINCT ON (country, valid_from) country, valid_from AS "validFrom", basis_points AS "basisPoints",
          actor_id AS "actorId", at
        FROM catalogue.tax_rate WHERE country || '/' || valid_from::text > ${after}
        ORDER BY country, valid_from, id DESC LIMIT ${limit + 1}`;
      const { items, nextCursor } = toPage(rows.map(toResource), limit, (each) => `${each.country}/${each.validFrom}`);
      return { status: 200, body: { items, nextCursor } };
    },
  }),
  route({
    method: 'put',
    path: '/v1/tax-rates/{country}',
    operationId: 'putTaxRate',
    summary: 'Sets the tax on goods and shipping from a day (UTC) on; orders keep the rate they were placed at',
    access: ['admin'],
    params: z.strictObject({ country: countryCode }),
    body: putTaxRate,
    answers: { 200: { description: 'The rate is set', schema: taxRateResource } },
    handle: async ({ actor, params: { country }, body: { validFrom: day, basisPoints } }) => {
      const data = { country, validFrom: new Date(day), basisPoints, actorId: actor.subject };
      return { status: 200, body: toResource(await database.taxRate.create({ data })) };
    },
  }),
];
