/** Units wanted of a sku. */
export interface Demand {
  sku: string;
  quantity: number;
}

/** Units that a warehouse can still promise of a sku. */
export interface Supply {
  sku: string;
  warehouse: string;
  available: number;
}

/** What one warehouse packs for an order: one parcel. */
export interface ParcelPlan {
  warehouse: string;
  lines: Demand[];
}

const MAX_WAREHOUSES = 12;

/** The units of each sku over all warehouses. */
export function unitsBySku(supply: readonly Supply[]): Map<string, number> {
  const units = new Map<string, number>();
  for (const { sku, available } of supply) units.set(sku, (units.get(sku) ?? 0) + available);
  return units;
}

/** Parts a demand into what can be had of `free` units by sku, and what is missing. */
export function partByStock(
  demand: readonly Demand[],
  free: ReadonlyMap<string, number>,
): { available: Demand[]; missing: Demand[] } {
  const part = (quantityOf: (line: Demand) => number): Demand[] =>
    demand.map((line) => ({ sku: line.sku, quantity: quantityOf(line) })).filter(({ quantity }) => quantity > 0);
  const had = ({ sku, quantity }: Demand): number => Math.min(quantity, Math.max(free.get(sku) ?? 0, 0));
  return { available: part(had), missing: part((line) => line.quantity - had(line)) };
}

/**
 * Splits an order over warehouses into as few parcels as can be, one a warehouse; among equally few, warehouses that
 * come first by name. Returns undefined if even all warehouses together hold too little.
 *
 * Sets of warehouses are tried smallest first, which is exact for up to twelve useful warehouses; with more, the twelve
 * that hold most of the wanted units are tried so, and then all, each giving what it can.
 */
export function allocate(demand: readonly Demand[], supply: readonly Supply[]): ParcelPlan[] | undefined {
  const useful = warehousesByUsefulness(demand, supply);
  const candidates = useful.slice(0, MAX_WAREHOUSES).sort();
  for (let size = 1; size <= candidates.length; size += 1) {
    for (const chosen of combinations(candidates, size)) {
      const plan = fill(demand, supply, chosen);
      if (plan) return plan;
    }
  }
  return useful.length > MAX_WAREHOUSES ? fill(demand, supply, useful) : undefined;
}

function warehousesByUsefulness(demand: readonly Demand[], supply: readonly Supply[]): string[] {
  const wanted = new Map(demand.map((line) => [line.sku, line.quantity]));
  const usefulness = new Map<string, number>();
  for (const { sku, warehouse, available } of supply) {
    const useful = Math.min(available, wanted.get(sku) ?? 0);
    if (useful > 0) usefulness.set(warehouse, (usefulness.get(warehouse) ?? 0) + useful);
  }
  return [...usefulness].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([warehouse]) => warehouse);
}

function* combinations<T>(items: readonly T[], size: number, from = 0): Generator<T[]> {
  if (size === 0) {
    yield [];
    return;
  }
  for (let index = from; index <= items.length - size; index += 1) {
    for (const rest of combinations(items, size - 1, index + 1)) yield [items[index] as T, ...rest];
  }
}

function fill(
  demand: readonly Demand[],
  supply: readonly Supply[],
  warehouses: readonly string[],
): ParcelPlan[] | undefined {
  const parcels = new Map<string, Demand[]>(warehouses.map((warehouse) => [warehouse, []]));
  for (const { sku, quantity } of demand) {
    let missing = quantity;
    for (const warehouse of warehouses) {
      const available = supply.find((each) => each.sku === sku && each.warehouse === warehouse)?.available ?? 0;
      const taken = Math.min(missing, available);
      if (taken > 0) parcels.get(warehouse)?.push({ sku, quantity: taken });
      missing -= taken;
    }
    if (missing > 0) return undefined;
  }
  return [...parcels].map(([warehouse, lines]) => ({ warehouse, lines })).filter(({ lines }) => lines.length > 0);
}
