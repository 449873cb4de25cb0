import type { PaymentPort } from '../../adapters/ports';
import type { StepInput } from '../../contracts/workflow/order';
import type { StepId } from '../../domain/step-kinds';
import { Prisma } from '../../infra/database/generated/client';
import { runForward, runUndo } from '../ledger/run-step';
import type { StepLedger } from '../ledger/step-ledger';

interface Deps {
  ledger: StepLedger;
  payment: PaymentPort;
}

/** Holds the customer's money, and voids the hold. */
export function createAuthoriseActivities({ ledger, payment }: Deps) {
  return {
    /**
     * Holds the order's grand total. A renewal leaves the older authorisation to be voided by a workflow of its own.
     * Refused: `payment_declined`.
     */
    async authorisePayment({ orderId, grant = 1, limits }: StepInput): Promise<null> {
      return runForward<{ reference: string }, null>(ledger, 'payment', limits, {
        orderId,
        id: authorisation(grant),
        before: 'capture',
        // Not its amount: what a lost run has dropped since leaves the hold as it is.
        request: () => ({ grant }),
        perform: (call, { token, grand }) => payment.authorise({ ...call, amount: grand, token }),
        record: ({ reference }, { grand }) => ({
          result: null,
          providerReference: reference,
          ...(grant === 1
            ? { status: 'authorised', messages: ['order-confirmed'] }
            : { note: 'authorisation renewed', owes: [authorisation(grant - 1)] }),
          events: [{ topic: 'payments.authorised', version: 1, data: { amount: { ...grand } } }],
          alongside: Prisma.sql`
            UPDATE payments.payment p SET authorised = ${grand.amount} FROM entitled e WHERE p.order_id = e.order_id`,
        }),
      });
    },

    /** Voids one authorisation. */
    async voidPayment({ orderId, grant = 1, limits }: StepInput): Promise<void> {
      await runUndo(ledger, 'payment', limits, {
        orderId,
        id: authorisation(grant),
        revert: (call) => payment.void(call),
        record: async (tx) => {
          await tx.query`
            UPDATE payments.payment SET authorised = 0
            WHERE order_id = ${orderId} AND NOT EXISTS (
              SELECT FROM orders.saga_step
              WHERE order_id = ${orderId} AND kind = 'authorise-payment' AND state = 'applied')`;
          return { note: 'authorisation voided', events: [{ topic: 'payments.voided', version: 1, data: {} }] };
        },
      });
    },
  };
}

/** An authorisation by its number, counted from 1. */
export const authorisation = (grant: number): StepId<'authorise-payment'> => ({ kind: 'authorise-payment', grant });
