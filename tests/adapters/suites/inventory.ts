import type { InventoryPort } from '../../../adapters/ports';
import { callFor } from './calls';

/** What every boundary around the stock transactions promises. */
export function describeInventoryPort(name: string, create: () => Promise<InventoryPort> | InventoryPort): void {
  describe.each(['reserve', 'release'] as const)(`inventory port: ${name}, %s`, (operation) => {
    test('performs the effect and answers with its result', async () => {
      const inventory = await create();
      const effect = jest.fn(() => Promise.resolve('done'));
      expect(await inventory.around(operation, callFor('reserve-stock'), effect)).toBe('done');
      expect(effect).toHaveBeenCalledTimes(1);
    });

    test('lets an error of the effect pass untouched', async () => {
      const inventory = await create();
      const failure = new Error('the database went away');
      const outcome = inventory.around(operation, callFor('reserve-stock'), () => Promise.reject(failure));
      await expect(outcome).rejects.toBe(failure);
    });
  });
}
