import type { WarehousePort } from '../../../adapters/ports';
import { callFor, racing } from './calls';

const parcel = { warehouse: 'BER', lines: [{ sku: 'MUG-001', quantity: 2 }] };

/** What every warehouse promises, whichever it is. */
export function describeWarehousePort(name: string, create: () => Promise<WarehousePort> | WarehousePort): void {
  describe(`warehouse port: ${name}`, () => {
    let warehouse: WarehousePort;

    beforeAll(async () => {
      warehouse = await create();
    });

    test('packs under one reference for a key, also where the calls race', async () => {
      const call = { ...callFor('pack/BER'), ...parcel };
      const answers = await racing(() => warehouse.pack(call));
      expect(await warehouse.pack(call)).toEqual(answers[0]);
      expect(new Set(answers.map(({ reference }) => reference)).size).toBe(1);
      expect(await warehouse.lookup(call.key)).toBe('packed');
    });

    test('returns a parcel to the shelf, however often it is asked', async () => {
      const call = callFor('pack/BER');
      await warehouse.pack({ ...call, ...parcel });
      await racing(() => warehouse.returnToShelf(call));
      await warehouse.returnToShelf(call);
      expect(await warehouse.lookup(call.key)).toBe('returned_to_shelf');
    });

    test('returns what was never packed by doing nothing', async () => {
      const call = callFor('pack/BER');
      await warehouse.returnToShelf(call);
      expect(await warehouse.lookup(call.key)).toBe('unknown');
    });

    test('returns a parcel that was packed after a return of nothing', async () => {
      const call = callFor('pack/BER');
      await warehouse.returnToShelf(call);
      await warehouse.pack({ ...call, ...parcel });
      expect(await warehouse.lookup(call.key)).toBe('packed');
      await warehouse.returnToShelf(call);
      expect(await warehouse.lookup(call.key)).toBe('returned_to_shelf');
    });

    test('leaves other parcels packed when one is returned', async () => {
      const [returned, kept] = [callFor('pack/BER'), callFor('pack/BER')];
      await warehouse.pack({ ...returned, ...parcel });
      await warehouse.pack({ ...kept, ...parcel });
      await warehouse.returnToShelf(returned);
      expect(await warehouse.lookup(kept.key)).toBe('packed');
    });
  });
}
