import { PartyRefused, type PaymentPort } from '../adapters/ports';
import type { Money } from '../contracts/money';
import { idempotencyKey, steps } from '../domain/steps';
import { Prisma } from '../infra/database/generated/client';
import { runForward, runUndo, type StepLimits } from './run-step';
import { settleCapture } from './settle-capture';
import type { StepCall, StepLedger } from './step-ledger';

interface Deps {
  ledger: StepLedger;
  payment: PaymentPort;
}

interface PaymentStep {
  orderId: string;
  amount: Money;
  limits: StepLimits;
}

/** Holds, takes and lets go of the customer's money. The first authorisation is grant 1; renewals count on. */
export function createPaymentActivities({ ledger, payment }: Deps) {
  return {
    /** Holds `amount`. Refused: `payment_declined`. */
    async authorisePayment({ orderId, amount, limits }: PaymentStep): Promise<void> {
      await runForward(ledger, 'payment', limits, {
        orderId,
        step: steps.authorisePayment(1),
        request: { amount },
        perform: (call, { token }) => payment.authorise({ ...call, amount, token }),
        withdraw: (call) => payment.void(call),
        record: ({ reference }) => ({
          result: null,
          providerReference: reference,
          status: 'authorised',
          messages: ['order-confirmed'],
          events: [{ topic: 'payments.authorised', version: 1, data: { amount } }],
          alongside: Prisma.sql`
            UPDATE payments.payment p SET authorised = ${amount.amount} FROM entitled e WHERE p.order_id = e.order_id`,
        }),
      });
    },

    /** Lets go of the authorised money. */
    async voidPayment({ orderId, limits }: Omit<PaymentStep, 'amount'>): Promise<void> {
      await runUndo(ledger, 'payment', limits, {
        orderId,
        step: steps.authorisePayment(1),
        revert: (call) => payment.void(call),
        record: async (tx) => {
          await tx.query`UPDATE payments.payment SET authorised = 0 WHERE order_id = ${orderId}`;
          return { note: 'authorisation voided', events: [{ topic: 'payments.voided', version: 1, data: {} }] };
        },
      });
    },

    /**
     * Takes `amount`, the priced value of what ships: the pivot. Refused: `payment_declined`. A fault is retried without
     * limit, because the money may have been taken.
     */
    async capturePayment({ orderId, amount, limits }: PaymentStep): Promise<void> {
      const untilItIsKnown = { ...limits, patienceMs: Infinity };
      await runForward(ledger, 'payment', untilItIsKnown, {
        orderId,
        step: steps.capture,
        request: { amount },
        perform: (call) => captureOrProve(payment, { ...call, amount }),
        record: ({ reference }) => ({
          result: null,
          ...(reference !== undefined && { providerReference: reference }),
          status: 'paid',
          events: [{ topic: 'payments.captured', version: 1, data: { amount } }],
          alongside: Prisma.sql`
            UPDATE payments.payment p SET captured = ${amount.amount} FROM entitled e WHERE p.order_id = e.order_id`,
        }),
      });
    },
  };
}

/** A refusal proves nothing about an earlier try whose reply was lost: the provider settles whether that captured. */
async function captureOrProve(
  payment: PaymentPort,
  call: StepCall & { amount: Money },
): Promise<{ reference?: string }> {
  const authorisationKey = idempotencyKey(call.order.orderId, steps.authorisePayment(1));
  try {
    return await payment.capture({ ...call, authorisationKey });
  } catch (error) {
    if (!(error instanceof PartyRefused) || !(await settleCapture(payment, call.order))) throw error;
    return {};
  }
}
