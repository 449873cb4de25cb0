import { ApplicationFailure } from '@temporalio/workflow';
import { failureTypes, type Reason } from '../../contracts/failures';

/** A refusal of a local activity arrives bare, one of a scheduled activity as the cause of an ActivityFailure. */
export const causeOf = (error: unknown): unknown =>
  error instanceof Error && error.cause instanceof Error ? error.cause : error;

/** Whether an activity's failure is not retried. */
export const isFinal = (error: unknown): boolean => {
  const cause = causeOf(error);
  return cause instanceof ApplicationFailure && cause.nonRetryable === true;
};

/** Whether a step was refused because it, its leg or its order is undone by now. */
export const isFenced = (error: unknown): boolean => {
  const cause = causeOf(error);
  return cause instanceof ApplicationFailure && cause.type === failureTypes.fenced;
};

/** Whether a party said no itself, so that the step had no effect. */
export const isRefusal = (error: unknown): boolean => {
  const cause = causeOf(error);
  return cause instanceof ApplicationFailure && cause.type === failureTypes.refused;
};

/** The reason that a refusal, or a fault that outlived the order's patience, carries. */
export function reasonOf(error: unknown): Reason | undefined {
  const cause = causeOf(error);
  if (!(cause instanceof ApplicationFailure)) return undefined;
  if (cause.type !== failureTypes.refused && cause.type !== failureTypes.unavailable) return undefined;
  return (cause.details?.[0] as { reason: Reason } | undefined)?.reason;
}

/** Why an activity failed, in a few words. */
export const whyOf = (error: unknown): string => {
  const cause = causeOf(error);
  return cause instanceof Error ? cause.message : String(cause);
};
