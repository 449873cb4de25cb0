import { z } from 'zod';
import { optional, warehouseCode } from '../../contracts/http/text';
import type { Database } from '../../infra/database/client';
import type { ApiDependencies } from '../dependencies';
import { anyRole } from '../http/parameters';
import { notFound } from '../http/problem';
import { route, type Route } from '../http/route';
import { refuseOtherSku } from '../products/routes';
import { setStock } from './stock';
import { wakeOrLeaveToSweep } from './wake';

const MAX_ON_HAND = 1_000_000_000;
const MAX_WAREHOUSES = 100;

/** Any text: a sku of another form is as unknown as one that no product has. */
const params = z.strictObject({ sku: z.string() });

const putLevel = z.strictObject({
  warehouse: warehouseCode,
  onHand: z
    .int('must be a whole number')
    .min(0, 'must be at least 0')
    .max(MAX_ON_HAND, `must be at most ${MAX_ON_HAND}`),
});

/** The body of `PUT /v1/inventory/{sku}`: what a count found. Warehouses that it doesn't name keep what they have. */
const putInventory = z.strictObject({
  sku: optional(z.string()),
  levels: z.array(putLevel).min(1, 'must name at least one warehouse').max(MAX_WAREHOUSES),
});

const inventoryResource = z.strictObject({
  sku: z.string(),
  levels: z.array(putLevel.extend({ reserved: z.int(), available: z.int() })),
});

/** The routes of the stock. */
export const inventoryRoutes = (deps: ApiDependencies): Route[] => [
  route({
    method: 'get',
    path: '/v1/inventory/{sku}',
    operationId: 'getInventory',
    summary: 'Reads what is on hand, reserved and available of a sku',
    access: anyRole,
    params,
    answers: { 200: { description: 'The stock', schema: inventoryResource } },
    handle: async ({ params: { sku } }) => ({ status: 200, body: await readStock(deps.database, sku) }),
  }),
  route({
    method: 'put',
    path: '/v1/inventory/{sku}',
    operationId: 'putInventory',
    summary:
      'Sets what is on hand of a sku in the named warehouses, as counted; the difference is booked, and units that a ' +
      'write-off left reserved there are free again',
    access: ['admin'],
    params,
    body: putInventory,
    answers: { 200: { description: 'The stock', schema: inventoryResource } },
    problems: ['stock-reserved'],
    handle: async ({ actor, params: { sku }, body }) => {
      refuseOtherSku(sku, body.sku);
      await deps.database.$transaction((transaction) => setStock(transaction, sku, body.levels, actor.subject));
      void wakeOrLeaveToSweep(deps, sku);
      return { status: 200, body: await readStock(deps.database, sku) };
    },
  }),
];

async function readStock(database: Database, sku: string): Promise<z.infer<typeof inventoryResource>> {
  const [product, rows] = await Promise.all([
    database.product.findUnique({ where: { sku }, select: { sku: true } }),
    database.stockLevel.findMany({ where: { sku }, orderBy: { warehouse: 'asc' } }),
  ]);
  if (!product) throw notFound('product');
  const levels = rows.map(({ warehouse, onHand, reserved }) => {
    return { warehouse, onHand, reserved, available: onHand - reserved };
  });
  return { sku, levels };
}
