import { activityInfo, log } from '@temporalio/activity';
import { asActivityFailure, asRetryable, withinTimeout } from './failures';
import type { ForwardStep, StepLedger, UndoStep } from './step-ledger';

/** How long a step waits for its party, from the order's policy. */
export interface StepLimits {
  /** For one answer. */
  partyTimeoutMs: number;
  /** From the first try on, against faults. */
  patienceMs: number;
}

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
    return await withinTimeout(party, limits.partyTimeoutMs, ledger.apply(step), logLate(step));
  } catch (error) {
    const elapsedMs = Date.now() - activityInfo().scheduledTimestampMs;
    throw asActivityFailure(error, { patienceMs: limits.patienceMs, elapsedMs });
  }
}

/** Runs a step that can only go forward: nothing but success ends its retries. */
export async function runPastPivot<Effect, Result>(
  ledger: Pick<StepLedger, 'apply'>,
  party: string,
  limits: Pick<StepLimits, 'partyTimeoutMs'>,
  step: ForwardStep<Effect, Result>,
): Promise<Result> {
  return askRetryably(party, limits, ledger.apply(step), logLate(step));
}

/** Runs an undo step inside an activity: nothing but success ends its retries. */
export async function runUndo(
  ledger: Pick<StepLedger, 'undo'>,
  party: string,
  limits: Pick<StepLimits, 'partyTimeoutMs'>,
  undo: UndoStep,
): Promise<void> {
  await askRetryably(party, limits, ledger.undo(undo), logLate(undo));
}

/** Waits for a party's answer as long as one may take; whatever it is but success is tried again without limit. */
export async function askRetryably<T>(
  party: string,
  { partyTimeoutMs }: Pick<StepLimits, 'partyTimeoutMs'>,
  call: Promise<T>,
  onLate: (error: unknown) => void = () => undefined,
): Promise<T> {
  try {
    return await withinTimeout(party, partyTimeoutMs, call, onLate);
  } catch (error) {
    throw asRetryable(error);
  }
}

/** The server has forgotten a late attempt, so its end is only told in the log. */
const logLate =
  ({ orderId, step }: { orderId: string; step: string }) =>
  (error: unknown): void => {
    log.warn('a late attempt ended', { orderId, step, error: error instanceof Error ? error.message : String(error) });
  };
