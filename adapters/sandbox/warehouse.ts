import type { WarehousePort } from '../ports';
import { referenceFor, type Books } from './effects';

const party = 'warehouse';

/** A warehouse that packs whatever it is asked to, and remembers from which shelf. */
export function createSandboxWarehouse(books: Books): WarehousePort {
  return {
    pack: async ({ key, order, warehouse, lines }) => {
      const details = { warehouse, lines: lines.map(({ sku, quantity }) => ({ sku, quantity })) };
      const effect = { key, reference: referenceFor('pck', key), details };
      const { reference } = await books.record({ port: party, operation: 'pack', order }, effect);
      return { reference };
    },

    returnToShelf: ({ key, order }) => {
      const undo = { key, reference: referenceFor('rts', key), details: {}, ends: { key, operation: 'pack' } };
      return books.undo({ port: party, operation: 'return_to_shelf', order }, undo);
    },

    lookup: async (key) => {
      const operations = (await books.find(party, key)).map(({ operation }) => operation);
      if (operations.includes('return_to_shelf')) return 'returned_to_shelf';
      return operations.includes('pack') ? 'packed' : 'unknown';
    },
  };
}
