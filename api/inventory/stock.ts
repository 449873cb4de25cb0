import type { PrismaTransaction } from '../../infra/database/client';
import { freeWrittenOff } from './written-off-units';
import { invalid, notFound, Problem, type FieldError } from '../http/problem';

/** What a count found in a warehouse. */
export interface Level {
  warehouse: string;
  onHand: number;
}

function refuseTwice(levels: readonly Level[]): void {
  const errors = levels.flatMap(({ warehouse }, index): FieldError[] => {
    const isFirst = levels.findIndex((each) => each.warehouse === warehouse) === index;
    return isFirst ? [] : [{ field: `levels[${index}].warehouse`, message: 'must be in one level only' }];
  });
  if (errors.length > 0) throw invalid(errors);
}

/**
 * Sets what is on hand of a sku in the warehouses of `levels` and books the differences; what is still reserved there
 * because its release was written off is free again. Throws a problem if there is no such product or warehouse, a
 * warehouse is named twice, or more is reserved than would be on hand. Shelves are locked in the order of their
 * warehouses.
 */
export async function setStock(
  transaction: PrismaTransaction,
  sku: string,
  levels: readonly Level[],
  actorId: string,
): Promise<void> {
  refuseTwice(levels);
  const codes = levels.map(({ warehouse }) => warehouse).sort();
  await refuseUnknown(transaction, sku, levels);
  await transaction.stockLevel.createMany({
    data: codes.map((warehouse) => ({ sku, warehouse })),
    skipDuplicates: true,
  });
  const shelves = await transaction.$queryRaw<{ warehouse: string; onHand: number; reserved: number }[]>`
    SELECT warehouse, on_hand AS "onHand", reserved FROM inventory.stock_level
    WHERE sku = ${sku} AND warehouse = ANY(${codes}) ORDER BY warehouse FOR UPDATE`;
  const freed = await freeWrittenOff(transaction, { sku, warehouses: codes, actorId });
  const errors: FieldError[] = [];
  const changes = shelves.flatMap(({ warehouse, onHand, ...shelf }) => {
    const reserved = shelf.reserved - (freed.get(warehouse) ?? 0);
    const index = levels.findIndex((level) => level.warehouse === warehouse);
    const counted = levels[index]?.onHand ?? onHand;
    const message = `must be at least ${reserved}, because so many are reserved`;
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

async function refuseUnknown(transaction: PrismaTransaction, sku: string, levels: readonly Level[]): Promise<void> {
  if ((await transaction.product.count({ where: { sku } })) === 0) throw notFound('product');
  const known = (await transaction.warehouse.findMany()).map(({ code }) => code);
  const errors = levels.flatMap(({ warehouse }, index): FieldError[] => {
    if (known.includes(warehouse)) return [];
    return [{ field: `levels[${index}].warehouse`, message: `must be one of ${known.sort().join(', ')}` }];
  });
  if (errors.length > 0) throw invalid(errors);
}
