import type { PartyCall, Recipient, ScreeningPort, ScreeningVerdict } from '../../../adapters/ports';
import type { Money } from '../../../domain/money';
import { callFor, recipient as ordinary } from './calls';

/** What is screened; ordinary where it is left out. */
export interface Screened {
  grand?: Money;
  recipient?: Partial<Recipient>;
}

/** A screening, what it holds for a person and what it refuses. */
export interface ScreeningSubject {
  screening: ScreeningPort;
  held: Screened;
  refused: Screened;
}

/** A call that has an order screened. */
export const screened = ({ grand, recipient }: Screened = {}, call: PartyCall = callFor('validate')) => ({
  ...call,
  grand: grand ?? { amount: 4990, currency: 'EUR' },
  recipient: { ...ordinary, ...recipient },
});

/** What every screening promises, whichever it is. */
export function describeScreeningPort(name: string, create: () => ScreeningSubject): void {
  describe(`screening port: ${name}`, () => {
    const verdicts = async (screening: ScreeningPort, order: Screened): Promise<ScreeningVerdict[]> => {
      const call = screened(order);
      return [await screening.screen(call), await screening.screen(call)];
    };

    test('lets an ordinary order pass, as often as it is asked', async () => {
      expect(await verdicts(create().screening, {})).toEqual(['passed', 'passed']);
    });

    test('holds an order for a person, as often as it is asked', async () => {
      const { screening, held } = create();
      expect(await verdicts(screening, held)).toEqual(['review', 'review']);
    });

    test('refuses with screening_refused, as often as it is asked, and no other order', async () => {
      const { screening, refused } = create();
      const call = screened(refused);
      const refusal = { name: 'PartyRefused', reason: 'screening_refused' };
      await expect(screening.screen(call)).rejects.toMatchObject(refusal);
      await expect(screening.screen(call)).rejects.toMatchObject(refusal);
      expect(await screening.screen(screened())).toBe('passed');
    });
  });
}
