import { ApplicationFailure } from '@temporalio/common';
import { PartyRefused, type PaymentPort } from '../../adapters/ports';
import { failureTypes } from '../../contracts/failures';
import type { Money } from '../../contracts/http/money';
import type { RefundCause } from '../../contracts/workflow/return';
import type { Actor } from '../../contracts/workflow/order';
import { format } from '../../domain/money';
import { idempotencyKey, steps } from '../../domain/steps';
import type { Queryable } from '../../infra/database/client';
import { THE_SAGA } from '../ledger/entry';
import { runPastPivot, type StepLimits } from '../ledger/run-step';
import type { StepCall, StepLedger } from '../ledger/step-ledger';
import { isWrittenOff } from './write-off-refund';

interface Deps {
  ledger: StepLedger;
  payment: PaymentPort;
}

/** A refund as it is decided. */
export interface DecidedRefund {
  orderId: string;
  /** What tells it from the order's other refunds; ends its step's name. */
  refund: string;
  amount: Money;
  cause: RefundCause;
  /** The return that it is for, where goods came back. */
  returnId?: string | undefined;
  /** Left out where nobody but the saga did. */
  decidedBy?: Actor | undefined;
}

/** Gives captured money back. */
export function createRefundActivities({ ledger, payment }: Deps) {
  return {
    /**
     * Refunds `amount`, which is more than nothing, once for its order and `refund`; also where the order is undone.
     * Refused, which is final: `payment_declined`. A fault is tried again without limit. Resolves also where a person
     * wrote the refund off, and asks for nothing then.
     */
    async refundPayment({ limits, ...decided }: DecidedRefund & { limits: StepLimits }): Promise<void> {
      const { orderId, refund, amount, cause, returnId, decidedBy } = decided;
      const step = steps.refund(refund);
      if (await isWrittenOff(ledger.database.sql, orderId, refund)) return;
      await runPastPivot<{ reference?: string }, null>(ledger, 'payment', limits, {
        orderId,
        step,
        beyondFence: true,
        request: { amount, cause },
        perform: async (call) => {
          await decideRefund(ledger.database.sql, decided);
          return refundOrProve(payment, { ...call, amount });
        },
        recordIn: async (tx, { reference }) => {
          await tx.query`
            WITH done AS (
              UPDATE payments.refund SET refunded_at = now(), provider_reference = ${reference ?? null}
              WHERE key = ${idempotencyKey(orderId, step)} RETURNING order_id, amount
            )
            UPDATE payments.payment p SET refunded = p.refunded + d.amount FROM done d WHERE p.order_id = d.order_id`;
          return {
            result: null,
            ...(reference !== undefined && { providerReference: reference }),
            note: `${format(amount)} refunded`,
            actor: decidedBy,
            events: [{ topic: 'payments.refunded', version: 1, data: { amount, cause, returnId: returnId ?? null } }],
          };
        },
      });
    },
  };
}

/**
 * Writes a refund down as decided, before anybody is asked for it. Safe to repeat. Throws a non-retryable `StepConflict`
 * where another amount was decided for it; what was not captured, or is refunded already, the books refuse.
 */
export async function decideRefund(
  database: Queryable,
  { orderId, refund, amount, cause, returnId, decidedBy = THE_SAGA }: DecidedRefund,
): Promise<void> {
  const key = idempotencyKey(orderId, steps.refund(refund));
  await database.query`
    INSERT INTO payments.refund (key, order_id, amount, currency, cause, return_id, decided_by_type, decided_by_id)
    VALUES (${key}, ${orderId}, ${amount.amount}, ${amount.currency}, ${cause}, ${returnId ?? null}, ${decidedBy.type},
      ${decidedBy.id})
    ON CONFLICT (key) DO NOTHING`;
  const [stored] = await database.query<{ amount: string }>`SELECT amount FROM payments.refund WHERE key = ${key}`;
  if (Number(stored?.amount) === amount.amount) return;
  throw ApplicationFailure.create({
    type: failureTypes.conflict,
    message: `refund ${key} was decided to be another amount`,
    nonRetryable: true,
  });
}

/** A refusal proves nothing about an earlier try whose reply was lost: the provider settles whether that refunded. */
async function refundOrProve(
  payment: PaymentPort,
  call: StepCall & { amount: Money },
): Promise<{ reference?: string }> {
  const captureKey = idempotencyKey(call.order.orderId, steps.capture);
  try {
    return await payment.refund({ ...call, captureKey });
  } catch (error) {
    if (!(error instanceof PartyRefused)) throw error;
    const effects = await payment.lookup(call.key);
    if (!effects.some(({ operation }) => operation === 'refund')) throw error;
    return {};
  }
}
