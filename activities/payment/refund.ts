import { ApplicationFailure } from '@temporalio/common';
import { PartyRefused, type PaymentPort } from '../../adapters/ports';
import { failureTypes } from '../../contracts/failures';
import type { Money } from '../../domain/money';
import type { RefundCause } from '../../contracts/workflow/return';
import type { Actor, StepLimits } from '../../contracts/workflow/order';
import { format } from '../../domain/money';
import { idempotencyKey, stepName, type StepId } from '../../domain/step-kinds';
import type { Queryable } from '../../infra/database/client';
import { THE_SAGA } from '../ledger/entry';
import { runPastPivot } from '../ledger/run-step';
import type { StepCall, StepLedger } from '../ledger/step-ledger';

interface Deps {
  ledger: StepLedger;
  payment: PaymentPort;
}

/** A refund as it is decided. */
export interface DecidedRefund {
  orderId: string;
  step: StepId<'refund'>;
  amount: Money;
  cause: RefundCause;
  /** The return that it is for, if goods came back. */
  returnId?: string | undefined;
  /** Left out if nobody but the saga did. */
  decidedBy?: Actor | undefined;
}

/** Gives captured money back. */
export function createRefundActivities({ ledger, payment }: Deps) {
  return {
    /**
     * Refunds `amount`, which is more than nothing, once for its order and step; also if the order is undone.
     * Refused, which is final: `payment_declined`. A fault is retried without limit. Resolves also if a person
     * wrote the refund off, and asks for nothing then.
     */
    async refundPayment({ limits, ...decided }: DecidedRefund & { limits: StepLimits }): Promise<void> {
      const { orderId, step, amount, cause, returnId, decidedBy } = decided;
      if (await isWrittenOff(ledger.database.sql, orderId, step)) return;
      await runPastPivot<{ reference?: string }, null>(ledger, 'payment', limits, {
        orderId,
        id: step,
        beyondFence: true,
        request: () => ({ amount, cause }),
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
            events: [
              {
                topic: 'payments.refunded',
                version: 1,
                data: { amount: { ...amount }, cause, returnId: returnId ?? null },
              },
            ],
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
  { orderId, step, amount, cause, returnId, decidedBy = THE_SAGA }: DecidedRefund,
): Promise<void> {
  const key = idempotencyKey(orderId, step);
  await database.query`
    INSERT INTO payments.refund (key, subject, order_id, amount, currency, cause, return_id, decided_by_type, decided_by_id)
    VALUES (${key}, ${step.subject}, ${orderId}, ${amount.amount}, ${amount.currency}, ${cause}, ${returnId ?? null}, ${decidedBy.type},
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

/** A refusal proves nothing about an earlier attempt whose reply was lost: the provider settles whether that refunded. */
async function refundOrProve(
  payment: PaymentPort,
  call: StepCall & { amount: Money },
): Promise<{ reference?: string }> {
  const captureKey = idempotencyKey(call.order.orderId, { kind: 'capture' });
  try {
    return await payment.refund({ ...call, captureKey });
  } catch (error) {
    if (!(error instanceof PartyRefused)) throw error;
    const effects = await payment.lookup(call.key);
    if (!effects.some(({ operation }) => operation === 'refund')) throw error;
    return {};
  }
}

/** Whether a person wrote the refund off. */
export async function isWrittenOff(database: Queryable, orderId: string, step: StepId<'refund'>): Promise<boolean> {
  const rows = await database.query`
    SELECT FROM orders.saga_step WHERE order_id = ${orderId} AND step = ${stepName(step)} AND state = 'skipped'`;
  return rows.length > 0;
}
