import { ApplicationFailure } from '@temporalio/common';
import { PartyFault, PartyRefused } from '../../adapters/ports';
import { failureTypes } from '../../contracts/failures';

/** How long a step may go on against a party's faults, and since when it has. */
export interface Patience {
  patienceMs: number;
  /** Milliseconds since the step was first scheduled. */
  elapsedMs: number;
}

/**
 * Says a party's refusal or fault in the closed list of `contracts/failures.ts`: a refusal is final; a fault is retried
 * until the order's patience is over and then final too. Anything else passes untouched: it is our own failure, which is
 * retried without limit.
 */
export function asActivityFailure(error: unknown, { patienceMs, elapsedMs }: Patience): unknown {
  if (error instanceof PartyRefused) {
    return ApplicationFailure.create({
      type: failureTypes.refused,
      message: error.message,
      nonRetryable: true,
      details: [{ reason: error.reason }],
    });
  }
  if (error instanceof PartyFault && elapsedMs >= patienceMs) return asUnavailable(error, elapsedMs);
  return asRetryable(error);
}

/** Says a party's fault that outlived the order's patience: final. */
export const asUnavailable = (fault: PartyFault, elapsedMs: number): ApplicationFailure =>
  ApplicationFailure.create({
    type: failureTypes.unavailable,
    message: `retried no more after ${Math.round(elapsedMs / 1000)} s: ${fault.message}`,
    nonRetryable: true,
    details: [{ reason: 'party_unavailable' }],
  });

/** Says a party's refusal or fault as a failure that is retried without limit: for undo steps and after the pivot. */
export function asRetryable(error: unknown): unknown {
  if (!(error instanceof PartyFault) && !(error instanceof PartyRefused)) return error;
  return ApplicationFailure.create({ type: failureTypes.partyFault, message: error.message });
}

/**
 * Waits for a party at most `timeoutMs` and then counts it as a fault. The call itself goes on: an effect that arrives
 * late still meets the ledger and its fence; `onLate` is called with a late failure.
 */
export async function withinTimeout<T>(
  party: string,
  timeoutMs: number,
  call: Promise<T>,
  onLate: (error: unknown) => void,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let late = false;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      late = true;
      reject(new PartyFault(party, `${party} did not answer within ${timeoutMs} ms`));
    }, timeoutMs);
  });
  call.catch((error: unknown) => {
    if (late) onLate(error);
  });
  try {
    return await Promise.race([call, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
