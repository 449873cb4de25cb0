import { PartyFault, PartyRefused, type PaymentPort } from '../../adapters/ports';
import type { StepInput } from '../../contracts/workflow/order';
import type { Money } from '../../domain/money';
import { idempotencyKey } from '../../domain/step-kinds';
import { Prisma } from '../../infra/database/generated/client';
import { asUnavailable } from '../ledger/failures';
import { elapsedMs, runForward } from '../ledger/run-step';
import type { StepCall, StepLedger } from '../ledger/step-ledger';
import { authorisation } from './authorise';
import { settleCapture } from './settle-capture';

interface Deps {
  ledger: StepLedger;
  payment: PaymentPort;
}

/** Takes the customer's money: the pivot. */
export function createCaptureActivities({ ledger, payment }: Deps) {
  return {
    /**
     * Takes the order's grand total, the priced value of what ships, from the authorisation `grant`. Refused:
     * `payment_declined`. A fault that outlives the patience is final only if the provider proves that nothing was taken,
     * and never can be; otherwise it is retried, because the money may have been taken.
     */
    async capturePayment({ orderId, grant = 1, limits }: StepInput): Promise<null> {
      const unlimited = { ...limits, patienceMs: Infinity };
      return runForward<{ reference?: string }, null>(ledger, 'payment', unlimited, {
        orderId,
        id: { kind: 'capture' },
        request: ({ grand }) => ({ amount: grand }),
        perform: (call, { grand }) =>
          captureOrProve(payment, { ...call, amount: grand }, { grant, patienceMs: limits.patienceMs }),
        record: ({ reference }, { grand }) => ({
          result: null,
          ...(reference !== undefined && { providerReference: reference }),
          status: 'paid',
          events: [{ topic: 'payments.captured', version: 1, data: { amount: { ...grand } } }],
          alongside: Prisma.sql`
            UPDATE payments.payment p SET captured = ${grand.amount} FROM entitled e WHERE p.order_id = e.order_id`,
        }),
      });
    },
  };
}

/**
 * A refusal proves nothing about an earlier attempt whose reply was lost, nor does an outage, however long: the provider
 * settles whether anything was captured.
 */
async function captureOrProve(
  payment: PaymentPort,
  call: StepCall & { amount: Money },
  { grant, patienceMs }: { grant: number; patienceMs: number },
): Promise<{ reference?: string }> {
  const authorisationKey = idempotencyKey(call.order.orderId, authorisation(grant));
  try {
    return await payment.capture({ ...call, authorisationKey });
  } catch (error) {
    const outlived = error instanceof PartyFault && elapsedMs() >= patienceMs;
    if (!outlived && !(error instanceof PartyRefused)) throw error;
    if (await settleCapture(payment, call.order, grant)) return {};
    throw outlived ? asUnavailable(error, elapsedMs()) : error;
  }
}
