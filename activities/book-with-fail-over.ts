import { CircuitOpen, PartyFault, PartyRefused, type CarrierPort, type Label } from '../adapters/ports';

type BookingCall = Parameters<CarrierPort['book']>[0];

export interface Booked {
  label: Label;
  /** Carriers that were given up because of faults and could not be told to cancel: they may hold a label. */
  givenUp: string[];
}

/**
 * Books with the first carrier that takes the parcel. A refusal moves on to the next carrier at once; a fault is thrown,
 * so that the same carrier is asked again, until `patient` is over or its circuit is open: then the carrier is told to
 * cancel and given up.
 * Throws PartyRefused `no_carrier` where all refused, the last PartyFault where one could not be reached.
 *
 * @param patient - whether a carrier's fault may still be tried again
 */
export async function bookWithFailOver(
  carriers: readonly CarrierPort[],
  call: BookingCall,
  patient: boolean,
): Promise<Booked> {
  const givenUp: string[] = [];
  const refusals: string[] = [];
  let fault: Error | undefined;
  for (const carrier of carriers) {
    try {
      return { label: await carrier.book(call), givenUp };
    } catch (error) {
      if (error instanceof PartyRefused) refusals.push(error.message);
      else if (error instanceof CircuitOpen || (error instanceof PartyFault && !patient)) {
        fault = error;
        if (!(await isCancelled(carrier, call))) givenUp.push(carrier.carrier);
      } else throw error;
    }
  }
  throw fault ?? new PartyRefused('shipping', 'no_carrier', `no carrier takes the parcel: ${refusals.join('; ')}`);
}

async function isCancelled(carrier: CarrierPort, { key, order }: BookingCall): Promise<boolean> {
  try {
    await carrier.cancel({ key, order });
    return true;
  } catch (error) {
    if (error instanceof PartyFault) return false;
    throw error;
  }
}

/** Cancels at each of the carriers; all are asked before the first failure is thrown. */
export async function cancelAt(
  carriers: readonly CarrierPort[],
  call: Parameters<CarrierPort['cancel']>[0],
): Promise<void> {
  const outcomes = await Promise.allSettled(carriers.map((carrier) => carrier.cancel(call)));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
}
