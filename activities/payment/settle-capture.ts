import { PartyFault, PartyRefused, type OrderRef, type PaymentPort } from '../../adapters/ports';
import { idempotencyKey } from '../../domain/step-kinds';
import { authorisation } from './authorise';

/**
 * Settles with the provider whether an order's payment was captured: it was, or its authorisation is voided now, after
 * which it never can be. Throws a PartyFault if the provider cannot tell.
 *
 * @param grant - the newest authorisation, which alone can be captured
 */
export async function settleCapture(payment: PaymentPort, order: OrderRef, grant: number): Promise<boolean> {
  const { orderId } = order;
  const isCaptured = async () => {
    const effects = await payment.lookup(idempotencyKey(orderId, { kind: 'capture' }));
    return effects.some(({ operation }) => operation === 'capture');
  };
  if (await isCaptured()) return true;
  try {
    await payment.void({ key: idempotencyKey(orderId, authorisation(grant)), order });
    return false;
  } catch (error) {
    if (!(error instanceof PartyRefused)) throw error;
    if (await isCaptured()) return true;
    // It refuses to void what it says was not captured: that proves nothing, and may be otherwise when it is asked again.
    throw new PartyFault('payment', `it is not known whether the payment was captured: ${error.message}`, {
      cause: error,
    });
  }
}
