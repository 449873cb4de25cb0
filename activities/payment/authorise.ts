import { PartyFault, PartyRefused, type PaymentPort } from '../../adapters/ports';
import type { Money } from '../../contracts/http/money';
import { idempotencyKey, steps } from '../../domain/steps';
import { Prisma } from '../../infra/database/generated/client';
import { asUnavailable } from '../ledger/failures';
import { elapsedMs, runForward, runUndo, type StepLimits } from '../ledger/run-step';
import { settleCapture } from './settle-capture';
import type { StepCall, StepLedger } from '../ledger/step-ledger';

interface Deps {
  ledger: StepLedger;
  payment: PaymentPort;
}

interface PaymentStep {
  orderId: string;
  /** Which authorisation: the first is 1, renewals count on. */
  grant: number;
  amount: Money;
  limits: StepLimits;
}

/** Holds, takes and lets go of the customer's money. */
export function createPaymentActivities({ ledger, payment }: Deps) {
  return {
    /** Holds `amount`. Refused: `payment_declined`. */
    async authorisePayment({ orderId, grant, amount, limits }: PaymentStep): Promise<void> {
      await runForward(ledger, 'payment', limits, {
        orderId,
        step: steps.authorisePayment(grant),
        request: { amount },
        perform: (call, { token }) => payment.authorise({ ...call, amount, token }),
        withdraw: (call) => payment.void(call),
        record: ({ reference }) => ({
          result: null,
          providerReference: reference,
          ...(grant === 1
            ? { status: 'authorised', messages: ['order-confirmed'] }
            : { note: 'authorisation renewed' }),
          events: [{ topic: 'payments.authorised', version: 1, data: { amount } }],
          alongside: Prisma.sql`
            UPDATE payments.payment p SET authorised = ${amount.amount} FROM entitled e WHERE p.order_id = e.order_id`,
        }),
      });
    },

    /** Lets go of the money that one authorisation holds. */
    async voidPayment({ orderId, grant, limits }: Omit<PaymentStep, 'amount'>): Promise<void> {
      await runUndo(ledger, 'payment', limits, {
        orderId,
        step: steps.authorisePayment(grant),
        revert: (call) => payment.void(call),
        record: async (tx) => {
          await tx.query`
            UPDATE payments.payment SET authorised = 0
            WHERE order_id = ${orderId} AND NOT EXISTS (
              SELECT FROM orders.saga_step
              WHERE order_id = ${orderId} AND step ~ '^authorise-payment' AND state = 'applied')`;
          return { note: 'authorisation voided', events: [{ topic: 'payments.voided', version: 1, data: {} }] };
        },
      });
    },

    /**
     * Takes `amount`, the priced value of what ships, from the authorisation `grant`: the pivot. Refused:
     * `payment_declined`. A fault that outlives the patience unwinds only where the provider proves that nothing was
     * taken, and never can be; else it is tried again, because the money may have been.
     */
    async capturePayment({ orderId, grant, amount, limits }: PaymentStep): Promise<void> {
      await runForward(
        ledger,
        'payment',
        { ...limits, patienceMs: Infinity },
        {
          orderId,
          step: steps.capture,
          request: { amount },
          perform: (call) => captureOrProve(payment, { ...call, amount }, { grant, patienceMs: limits.patienceMs }),
          record: ({ reference }) => ({
            result: null,
            ...(reference !== undefined && { providerReference: reference }),
            status: 'paid',
            events: [{ topic: 'payments.captured', version: 1, data: { amount } }],
            alongside: Prisma.sql`
            UPDATE payments.payment p SET captured = ${amount.amount} FROM entitled e WHERE p.order_id = e.order_id`,
          }),
        },
      );
    },
  };
}

/**
 * A refusal proves nothing about an earlier try whose reply was lost, nor does an outage, however long: the provider
 * settles whether anything was captured.
 */
async function captureOrProve(
  payment: PaymentPort,
  call: StepCall & { amount: Money },
  { grant, patienceMs }: { grant: number; patienceMs: number },
): Promise<{ reference?: string }> {
  const authorisationKey = idempotencyKey(call.order.orderId, steps.authorisePayment(grant));
  try {
    return await payment.capture({ ...call, authorisationKey });
  } catch (error) {
    const outlived = error instanceof PartyFault && elapsedMs() >= patienceMs;
    if (!outlived && !(error instanceof PartyRefused)) throw error;
    if (await settleCapture(payment, call.order, grant)) return {};
    throw outlived ? asUnavailable(error, elapsedMs()) : error;
  }
}
