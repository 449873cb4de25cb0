import type { WarehousePort } from '../ports';
import { referenceFor, type Books } from './books';
import type { FaultScript } from './faults';

const party = 'warehouse';

/** A warehouse that packs whatever it is asked to, and remembers from which shelf. */
export function createSandboxWarehouse(books: Books, script: FaultScript): WarehousePort {
  return {
    pack: ({ key, order, warehouse, lines }) =>
      script.around({ port: 'warehouse', operation: 'pack', order }, async () => {
        const { orderId } = order;
        const reference = referenceFor('pck', key);
        const details = { warehouse, lines: lines.map(({ sku, quantity }) => ({ sku, quantity })) };
        const effect = await books.record({ party, key, operation: 'pack', orderId, reference, details });
        return { reference: effect.reference };
      }),

    returnToShelf: ({ key, order }) =>
      script.around({ port: 'warehouse', operation: 'return_to_shelf', order }, async () => {
        const { orderId } = order;
        const reference = referenceFor('rts', key);
        const ends = { key, operation: 'pack' };
        await books.undo({ party, key, operation: 'return_to_shelf', orderId, reference, details: {}, ends });
      }),

    lookup: async (key) => {
      const operations = (await books.find(party, key)).map(({ operation }) => operation);
      if (operations.includes('return_to_shelf')) return 'returned_to_shelf';
      return operations.includes('pack') ? 'packed' : 'unknown';
    },
  };
}
