import { ApplicationFailure } from '@temporalio/workflow';
import { failureTypes } from '../../contracts/failures';

/** A refusal of a local activity arrives bare, one of a scheduled activity as the cause of an ActivityFailure. */
export const causeOf = (error: unknown): unknown =>
  error instanceof Error && error.cause instanceof Error ? error.cause : error;

/** The type of the activity's failure, one of `failureTypes`; undefined where it is none of an activity's own. */
export const failureTypeOf = (error: unknown): string | undefined => {
  const cause = causeOf(error);
  return cause instanceof ApplicationFailure ? (cause.type ?? undefined) : undefined;
};

/** Whether an activity's failure is not tried again. */
export const isFinal = (error: unknown): boolean => {
  const cause = causeOf(error);
  return cause instanceof ApplicationFailure && cause.nonRetryable === true;
};

/**
 * Whether a step was refused since it, or its leg, was undone before, while its order goes on: an earlier try of the
 * workflow task, which was lost with its worker, came further than this one.
 */
export const isBehind = (error: unknown): boolean => {
  const cause = causeOf(error);
  if (!(cause instanceof ApplicationFailure) || cause.type !== failureTypes.fenced) return false;
  return (cause.details?.[0] as { behind?: string } | undefined)?.behind === 'step';
};

/** Why an activity failed, in a few words. */
export const whyOf = (error: unknown): string => {
  const cause = causeOf(error);
  return cause instanceof Error ? cause.message : String(cause);
};
