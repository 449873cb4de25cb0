import { z } from 'zod';
import { warehouseCode } from '../contracts/text';
import type { Database, Transaction } from '../infra/database/client';
import type { ApiDependencies } from './dependencies';
import { anyRole } from './http/parameters';
import { invalid, notFound, Problem, type FieldError } from './http/problem';
import { route, type Route } from './http/route';
import { refuseOtherSku } from './products';

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
  sku: z.string().optional(),
  levels: z.array(putLevel).min(1, 'must name at least one warehouse').max(MAX_WAREHOUSES),
});

const inventoryResource = z.strictObject({
  sku: z.string(),
  levels: z.array(putLevel.extend({ reserved: z.int(), available: z.int() })),
});

type Level = z.infer<typeof putLevel>;

/** The routes of the stock. */
export const inventoryRoutes = ({ database }: ApiDependencies): Route[] => [
  route({
    method: 'get',
    path: '/v1/inventory/{sku}',
    operationId: 'getInventory',
    summary: 'Reads what is on hand, reserved and available of a sku',
    access: anyRole,
    params,
    answers: { 200: { description: 'The stock', schema: inventoryResource } },
    handle: async ({ params: { sku } }) => ({ status: 200, body: await readStock(database, sku) }),
  }),
  route({
    method: 'put',
    path: '/v1/inventory/{sku}',
    operationId: 'putInventory',
    summary: 'Sets what is on hand of a sku in the named warehouses, as counted; the difference is booked',
    access: ['admin'],
    params,
    body: putInventory,
    answers: { 200: { description: 'The stock', schema: inventoryResource } },
    problems: ['stock-reserved'],
    handle: async ({ actor, params: { sku }, body }) => {
      refuseOtherSku(sku, body.sku);
      refuseTwice(body.levels);
      await database.$transaction((transaction) => setStock(transaction, sku, body.levels, actor.subject));
      return { status: 200, body: await readStock(database, sku) };
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

function refuseTwice(levels: readonly Level[]): void {
  const errors = levels.flatMap(({ warehouse }, index): FieldError[] => {
    const isFirst = levels.findIndex((each) => each.warehouse === warehouse) === index;
    return isFirst ? [] : [{ field: `levels[${index}].warehouse`, message: 'must stand in one level only' }];
  });
  if (errors.length > 0) throw invalid(errors);
}

/** Shelves are locked in the order of their warehouses; saving less than is reserved is refused. */
async function setStock(transaction: Transaction, sku: string, levels: readonly Level[], actorId: string) {
  const codes = levels.map(({ warehouse }) => warehouse).sort();
  await refuseUnknown(transaction, sku, levels);
  await transaction.stockLevel.createMany({
    data: codes.map((warehouse) => ({ sku, warehouse })),
    skipDuplicates: true,
  });
  const shelves = await transaction.$queryRaw<{ warehouse: string; onHand: number; reserved: number }[]>`
    SELECT warehouse, on_hand AS "onHand", reserved FROM inventory.stock_level
    WHERE sku = ${sku} AND warehouse = ANY(${codes}) ORDER BY warehouse FOR UPDATE`;
  const errors: FieldError[] = [];
  const changes = shelves.flatMap(({ warehouse, onHand, reserved }) => {
    const index = levels.findIndex((level) => level.warehouse === warehouse);
    const counted = levels[index]?.onHand ?? onHand;
    const message = `must be at least ${reserved}, since so many are reserved`;
    if (counted < reserved) errors.push({ field: `levels[${index}].onHand`, message });
    return counted === onHand ? [] : [{ warehouse, counted, change: counted - onHand }];
  });
  const [first] = errors;
  if (first) throw new Problem('stock-reserved', `${first.field} ${first.message}`, { errors });
  for (const { warehouse, counted } of changes) {
    await transaction.stockLevel.updateMany({ where: { sku, warehouse }, data: { onHand: counted } });
  }
  await transaction.stockMovement.createMany({
    data: changes.map(({ warehouse, change }) => ({ sku, warehouse, kind: 'adjustment', change, actorId })),
  });
}

async function refuseUnknown(transaction: Transaction, sku: string, levels: readonly Level[]): Promise<void> {
  if ((await transaction.product.count({ where: { sku } })) === 0) throw notFound('product');
  const known = (await transaction.warehouse.findMany()).map(({ code }) => code);
  const errors = levels.flatMap(({ warehouse }, index): FieldError[] => {
    if (known.includes(warehouse)) return [];
    return [{ field: `levels[${index}].warehouse`, message: `must be one of ${known.sort().join(', ')}` }];
  });
  if (errors.length > 0) throw invalid(errors);
}
