import { setTimeout as sleep } from 'node:timers/promises';
import { log } from '@temporalio/activity';
import { PartyFault, type CarrierPort } from '../../adapters/ports';
import type { Database } from '../../infra/database/client';
import type { StepCall } from '../ledger/step-ledger';

/** How often cancelling is tried, for half an hour and more: the silent carrier's circuit may be open for a while. */
const TRIES = 15;
const LONGEST_WAIT_MS = 5 * 60_000;

/**
 * Settles a label that came, or may have, after its carrier's silence was counted as a fault. Where another carrier has
 * the parcel by now, or the booking was undone, that carrier may have been told to cancel before there was anything to
 * cancel, so it is told now. Where nothing is booked yet the label stays: the next try is answered with it, and whoever
 * wins instead, or undoes the step, has it cancelled. Never throws; what cannot be cancelled is told in the log.
 */
export async function settleLateLabel(
  database: Database,
  carrier: CarrierPort,
  { step, ...call }: StepCall & { step: string },
  firstWaitMs = 1000,
): Promise<void> {
  const told = { orderId: call.order.orderId, step, carrier: carrier.carrier };
  try {
    if (!(await isUnwanted(database, carrier, call.order.orderId, step))) return;
    await cancel(carrier, call, firstWaitMs);
    log.info('a late label was cancelled', told);
  } catch (error) {
    log.warn('a late label could not be cancelled', { ...told, error: String(error) });
  }
}

async function isUnwanted(
  database: Database,
  { carrier }: CarrierPort,
  orderId: string,
  step: string,
): Promise<boolean> {
  const [row] = await database.sql.query<{ state: string; winner: string | null }>`
    SELECT state, result->>'carrier' AS winner FROM orders.saga_step WHERE order_id = ${orderId} AND step = ${step}`;
  if (row === undefined) return false;
  return row.state !== 'applied' || row.winner !== carrier;
}

async function cancel(carrier: CarrierPort, call: StepCall, firstWaitMs: number): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await carrier.cancel(call);
      return;
    } catch (error) {
      if (!(error instanceof PartyFault) || attempt === TRIES) throw error;
    }
    const waitMs = Math.min(firstWaitMs * 2 ** (attempt - 1), LONGEST_WAIT_MS);
    // The process may end meanwhile: the comparison with the carrier's books finds what is left then.
    await sleep(waitMs, undefined, { ref: false });
  }
}
