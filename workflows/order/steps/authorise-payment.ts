import { format } from '../../../domain/money';
import { StepFailed } from '../../step/step';
import { Stopped } from '../decisions';
import { turnOf } from '../../step/turn';
import type { DueStep } from '../in-turn';
import type { Order } from '../order';

/** Holds the customer's money. Refused: `payment_declined`. */
export const authorisePayment: DueStep = (order) => {
  if (order.now.grants > 0) return undefined;
  return turnOf(authorisation(order, 1), async (first) => {
    // The reservation, taken in the same trip, may have priced the order again.
    await order.take(authorisation(order, 1), { first });
    order.changed({ grants: 1 });
    order.moved('authorised');
  });
};

function authorisation(order: Order, grant: number) {
  const id = { kind: 'authorise-payment', grant } as const;
  return {
    id,
    says: `Authorise ${format(order.now.grand)}`,
    run: ['authorisePayment', order.ref(id)],
    undo: ['voidPayment', order.ref(id)],
  } as const;
}

/** Authorises again before the authorisation lapses; the older one is voided. If it is declined, the order expires. */
export async function renewAuthorisation(order: Order): Promise<void> {
  const grant = order.now.grants + 1;
  try {
    await order.take(authorisation(order, grant));
  } catch (error) {
    const isDeclined = error instanceof StepFailed && error.reason === 'payment_declined';
    throw isDeclined ? new Stopped('authorisation_lapsed') : error;
  }
  order.changed({ grants: grant, renewInMs: order.input.policy.authorisationRenewMs });
}
