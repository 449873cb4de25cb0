import type { InventoryPort } from '../ports';
import type { FaultScript } from './faults';

/** The fault boundary around our own stock transactions: has no books, because stock is in ours. */
export const createSandboxInventory = (script: FaultScript): InventoryPort => ({
  around: (operation, { order }, effect) => script.around({ port: 'inventory', operation, order }, effect),
});
