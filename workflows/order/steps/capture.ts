import { format } from '../../../domain/money';
import { turnOf } from '../../step/turn';
import type { DueStep } from '../in-turn';

/** Takes the customer's money for all that ships: the pivot. What was captured is refunded, not undone. */
export const capture: DueStep = (order) => {
  if (order.now.direction !== 'to_capture') return undefined;
  const { grants: grant, grand } = order.now;
  const step = {
    id: { kind: 'capture' },
    says: `Capture ${format(grand)}`,
    run: ['capturePayment', order.ref({ grant })],
  } as const;
  return turnOf(step, async (first) => {
    await order.take(step, { first });
    order.captured();
  });
};
