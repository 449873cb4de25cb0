import { activityInfo, log } from '@temporalio/activity';
import { asActivityFailure, asRetryable, withinTimeout } from './failures';
import type { StepLimits } from '../../contracts/workflow/order';
import { stepName, type StepId } from '../../domain/step-kinds';
import type { ForwardStep, StepLedger, UndoStep } from './step-ledger';

/** How long a step waits whose faults are retried without limit. */
type UnlimitedLimits = Pick<StepLimits, 'partyTimeoutMs'>;

/**
 * Runs a forward step inside an activity. A party that does not answer in time is a fault, while the call goes on and
 * still ends in the ledger; refusals and faults leave in the closed list of `contracts/failures.ts`.
 */
export async function runForward<Effect, Result>(
  ledger: Pick<StepLedger, 'apply'>,
  party: string,
  limits: StepLimits,
  step: ForwardStep<Effect, Result>,
): Promise<Result> {
  try {
    return await withinTimeout(party, limits.partyTimeoutMs, ledger.apply(counted(step)), logLate(step));
  } catch (error) {
    throw asActivityFailure(error, { patienceMs: limits.patienceMs, elapsedMs: elapsedMs() });
  }
}

/** Runs a step that can only go forward: its faults are retried without limit, a refusal is for a person. */
export async function runPastPivot<Effect, Result>(
  ledger: Pick<StepLedger, 'apply'>,
  party: string,
  limits: UnlimitedLimits,
  step: ForwardStep<Effect, Result>,
): Promise<Result> {
  return askWithoutLimit(party, limits, ledger.apply(counted(step)), logLate(step));
}

/** Runs an undo step inside an activity: its faults are retried without limit, a refusal is for a person. */
export async function runUndo(
  ledger: Pick<StepLedger, 'undo'>,
  party: string,
  limits: UnlimitedLimits,
  undo: UndoStep,
): Promise<void> {
  await askWithoutLimit(party, limits, ledger.undo(undo), logLate(undo));
}

/** Waits for a party's answer as long as one may take; a fault is retried without limit, a refusal is final. */
export async function askWithoutLimit<T>(
  party: string,
  { partyTimeoutMs }: UnlimitedLimits,
  call: Promise<T>,
  onLate: (error: unknown) => void = () => undefined,
): Promise<T> {
  try {
    return await withinTimeout(party, partyTimeoutMs, call, onLate);
  } catch (error) {
    throw asActivityFailure(error, { patienceMs: Infinity, elapsedMs: 0 });
  }
}

/** As {@link askWithoutLimit}, but a refusal too is retried: because what was refused may still come about. */
export async function askRetryably<T>(
  party: string,
  { partyTimeoutMs }: UnlimitedLimits,
  call: Promise<T>,
): Promise<T> {
  try {
    return await withinTimeout(party, partyTimeoutMs, call, () => undefined);
  } catch (error) {
    throw asRetryable(error);
  }
}

/** Milliseconds since the step was first scheduled. */
export const elapsedMs = (): number => Date.now() - activityInfo().scheduledTimestampMs;

/** The step with the number of this attempt: a scheduled activity comes after a first attempt inside the worker. */
function counted<Effect, Result>(step: ForwardStep<Effect, Result>): ForwardStep<Effect, Result> {
  const { attempt, isLocal } = activityInfo();
  return { ...step, attempts: isLocal ? attempt : attempt + 1 };
}

/** The server has forgotten a late attempt, so its end is only logged. */
const logLate =
  ({ orderId, id }: { orderId: string; id: StepId }) =>
  (error: unknown): void => {
    log.warn('a late attempt ended', {
      orderId,
      step: stepName(id),
      error: error instanceof Error ? error.message : String(error),
    });
  };
