import type { Demand } from './allocation';

/** An order that waits until all it lacks can be had. */
export interface WaitingOrder {
  orderId: string;
  lines: Demand[];
}

/**
 * Which of the waiting orders can be had side by side: in the order given, each whole or not at all. One that wants more
 * than is left stands in nobody's way. Only the units of each sku matter, and not where they lie, because an order can be
 * split over any warehouses.
 *
 * @param waiting - oldest first
 * @param available - units by sku, over all warehouses
 */
export function satisfiable(waiting: readonly WaitingOrder[], available: ReadonlyMap<string, number>): WaitingOrder[] {
  const left = new Map(available);
  return waiting.filter(({ lines }) => {
    if (lines.some(({ sku, quantity }) => (left.get(sku) ?? 0) < quantity)) return false;
    take(left, lines);
    return true;
  });
}

/** The units by sku that are left once the orders have theirs; below zero if they want more than there is. */
export function without(
  available: ReadonlyMap<string, number>,
  orders: readonly WaitingOrder[],
): ReadonlyMap<string, number> {
  const left = new Map(available);
  for (const { lines } of orders) take(left, lines);
  return left;
}

function take(left: Map<string, number>, lines: readonly Demand[]): void {
  for (const { sku, quantity } of lines) left.set(sku, (left.get(sku) ?? 0) - quantity);
}
