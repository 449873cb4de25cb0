import { ApplicationFailure } from '@temporalio/common';
import type { Attempt, AttemptFailure, ParcelAttempts, StepInput } from '../../contracts/workflow/order';
import type { Database } from '../../infra/database/client';
import { asRetryable, withinTimeout } from '../ledger/failures';

/** A call of an activity of the order. */
export interface TurnCall {
  activity: string;
  input: StepInput;
  /** What its result must say for the next call to be made; left out if any will do. */
  goesOnIf?: Readonly<Record<string, string>>;
}

type Activities = Record<string, (input: never) => Promise<unknown>>;

/**
 * First attempts of steps that follow each other, in one trip to the worker.
 *
 * @param activities - what can be called, by name
 */
export function createInTurn({ database }: { database: Database }, activities: Activities) {
  const attempt = async ({ activity, input }: TurnCall, limitMs: number): Promise<Attempt> => {
    const run = activities[activity];
    if (run === undefined) throw new Error(`there is no activity ${activity}`);
    try {
      const call = Promise.resolve().then(() => run(input as never));
      const result = await withinTimeout(`the first attempt of ${activity}`, limitMs, call, () => undefined);
      return { result: result ?? null };
    } catch (error) {
      return { failure: failureOf(asRetryable(error)) };
    }
  };

  /** Packs each parcel of the leg that is not booked yet, and books a carrier for it, side by side. */
  const packAndBook = async (input: StepInput, limitMs: number): Promise<Attempt<ParcelAttempts[]>> => {
    const parcels = await database.sql.query<{ parcel: string }>`
      SELECT warehouse AS parcel FROM orders.shipment
      WHERE order_id = ${input.orderId} AND leg = ${input.leg ?? 1} AND status IN ('allocated', 'packed')
      ORDER BY warehouse`;
    const attempts = parcels.map(async ({ parcel }): Promise<ParcelAttempts> => {
      const pack = await attempt({ activity: 'packParcel', input: { ...input, parcel } }, limitMs);
      if ('failure' in pack) return { parcel, pack };
      const book = await attempt({ activity: 'bookCarrier', input: { ...input, parcel } }, limitMs);
      return { parcel, pack: { result: null }, book: book as NonNullable<ParcelAttempts['book']> };
    });
    return { result: await Promise.all(attempts) };
  };

  return {
    /**
     * Makes the first attempts of steps one after the other, each with its own transactions and parties. Stops at the
     * first that fails, or whose result says that the next must wait. Returns what came of those that were made, in their
     * order: at least one.
     *
     * @param limitMs - how long one attempt may take; after that it counts as failed, though it may still have its effect
     */
    async inTurn({ calls, limitMs }: { calls: TurnCall[]; limitMs: number }): Promise<Attempt[]> {
      const attempts: Attempt[] = [];
      for (const call of calls) {
        const made = await (call.activity === 'packAndBook'
          ? packAndBook(call.input, limitMs)
          : attempt(call, limitMs));
        attempts.push(made);
        if ('failure' in made || !says(made.result, call.goesOnIf)) break;
      }
      return attempts;
    },
  };
}

const says = (result: unknown, expected: TurnCall['goesOnIf'] = {}): boolean =>
  Object.entries(expected).every(([name, value]) => (result as Record<string, unknown> | null)?.[name] === value);

function failureOf(error: unknown): AttemptFailure {
  const { message, name } = error instanceof Error ? error : new Error(String(error));
  if (!(error instanceof ApplicationFailure)) return { message, type: name, nonRetryable: false, details: [] };
  const { type, nonRetryable, details } = error;
  return { message, type: type ?? name, nonRetryable: nonRetryable ?? false, details: details ?? [] };
}
