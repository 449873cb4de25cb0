import type { ScreeningPort } from '../../../adapters/ports';
import { callFor, recipient } from './calls';

/** What every screening promises, whichever it is. */
export function describeScreeningPort(name: string, create: () => Promise<ScreeningPort> | ScreeningPort): void {
  describe(`screening port: ${name}`, () => {
    test('lets an ordinary order pass, as often as it is asked', async () => {
      const screening = await create();
      const call = { ...callFor('validate'), grand: { amount: 4990, currency: 'EUR' }, recipient };
      await expect(screening.screen(call)).resolves.toBeUndefined();
      await expect(screening.screen(call)).resolves.toBeUndefined();
    });
  });
}
