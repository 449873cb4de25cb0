import { cancellationSignal } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { asRetryable, withinTimeout } from '../ledger/failures';

/** A call of another activity of the order. */
export interface GoCall {
  activity: string;
  input: unknown;
  /** What the result before it must say for it to be made; left out where any will do. */
  when?: Readonly<Record<string, string>> | undefined;
}

/** What came of a call: its result, or its failure as an `ApplicationFailure` says it. */
export type GoOutcome = { activity: string } & ({ result: unknown } | { failure: GoFailure });

interface GoFailure {
  message: string;
  type: string;
  nonRetryable: boolean;
  details: unknown[];
}

type Activities = Record<string, (input: never) => Promise<unknown>>;

/**
 * Several calls in one trip to the worker, under names that tell in the Temporal UI which they are; what is called, and
 * with what, is in the input.
 */
export function createInOneGo(activities: Activities) {
  const inOneGo = inTurn(activities);
  return {
    validateAndReserve: inOneGo,
    authorisePackAndBook: inOneGo,
    packAndBook: inOneGo,
    captureAndHandOver: inOneGo,
  };
}

const inTurn =
  (activities: Activities) =>
  /**
   * Makes calls one after the other, each with its own transactions and parties, until one fails or answers otherwise
   * than the next one wants. Throws what the first throws; resolves to what came of the calls that were made.
   *
   * @param limitMs - how long one call may take; after that it counts as failed, though it may still have its effect
   */
  async ({ calls, limitMs }: { calls: GoCall[]; limitMs: number }): Promise<GoOutcome[]> => {
    const outcomes: GoOutcome[] = [];
    let result: unknown;
    for (const call of calls) {
      if (!says(result, call.when)) break;
      cancellationSignal().throwIfAborted();
      try {
        result = await withinTimeout(nameOf(call), limitMs, callOf(activities, call), () => undefined);
        outcomes.push({ activity: call.activity, result: result ?? null });
      } catch (error) {
        if (outcomes.length === 0) throw asRetryable(error);
        return [...outcomes, { activity: call.activity, failure: failureOf(asRetryable(error)) }];
      }
    }
    return outcomes;
  };

const nameOf = ({ activity }: GoCall) => `a first try of ${activity}`;

const says = (result: unknown, when: GoCall['when'] = {}): boolean =>
  Object.entries(when).every(([name, value]) => (result as Record<string, unknown> | null)?.[name] === value);

async function callOf(activities: Activities, { activity, input }: GoCall): Promise<unknown> {
  const run = activities[activity];
  if (run === undefined) throw new Error(`there is no activity ${activity}`);
  return run(input as never);
}

function failureOf(error: unknown): GoFailure {
  const { message, name } = error instanceof Error ? error : new Error(String(error));
  if (!(error instanceof ApplicationFailure)) return { message, type: name, nonRetryable: false, details: [] };
  const { type, nonRetryable, details } = error;
  return { message, type: type ?? name, nonRetryable: nonRetryable ?? false, details: details ?? [] };
}
