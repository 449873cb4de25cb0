import type { PaymentPort } from '../adapters/ports';
import type { Money } from '../contracts/money';
import { idempotencyKey, steps } from '../domain/steps';
import { Prisma } from '../infra/database/generated/client';
import { runForward, runUndo, type StepLimits } from './run-step';
import type { StepLedger } from './step-ledger';

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
        perform: (call) =>
          payment.capture({ ...call, amount, authorisationKey: idempotencyKey(orderId, steps.authorisePayment(1)) }),
        record: ({ reference }) => ({
          result: null,
          providerReference: reference,
          status: 'paid',
          events: [{ topic: 'payments.captured', version: 1, data: { amount } }],
          alongside: Prisma.sql`
            UPDATE payments.payment p SET captured = ${amount.amount} FROM entitled e WHERE p.order_id = e.order_id`,
        }),
      });
    },
  };
}
