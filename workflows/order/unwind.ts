import { ApplicationFailure } from '@temporalio/workflow';
import { failureTypes, type Reason } from '../../contracts/failures';
import type { Decision } from '../../contracts/workflow/order';
import { causeOf } from '../sdk/failures';

/** The order must be undone, as the workflow itself found or a person decided. */
export class Unwind extends Error {
  override readonly name = 'Unwind';

  constructor(
    readonly reason: Reason,
    readonly decision?: Decision,
  ) {
    super(`the order is undone: ${reason}`);
  }
}

/**
 * Why a failure of the forward part undoes the order: the reason that a refusal or an outlived fault carries. Undefined
 * for anything else, which is a bug of ours: thrown on as a plain error it fails the workflow task, not the workflow, so
 * that a mended deploy resumes the order.
 */
export function unwindFor(error: unknown): Unwind | undefined {
  if (error instanceof Unwind) return error;
  const reason = reasonOf(error);
  return reason && new Unwind(reason);
}

/** The reason that a refusal or an outlived fault carries. */
export function reasonOf(error: unknown): Reason | undefined {
  const cause = causeOf(error);
  if (!(cause instanceof ApplicationFailure)) return undefined;
  if (cause.type !== failureTypes.refused && cause.type !== failureTypes.unavailable) return undefined;
  return (cause.details?.[0] as { reason: Reason } | undefined)?.reason;
}
