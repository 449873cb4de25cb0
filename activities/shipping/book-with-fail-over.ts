import { CircuitOpen, PartyFault, PartyRefused, type CarrierPort, type Label } from '../../adapters/ports';
import { withinTimeout } from '../ledger/failures';

type BookingCall = Parameters<CarrierPort['book']>[0];

export interface Booked {
  label: Label;
  /** The other carriers that were asked, or may have been: each may hold a stray label. */
  others: string[];
}

/** How far an attempt may go. */
export interface Persistence {
  /** Whether a carrier's fault is retried with the same carrier. */
  patient: boolean;
  /** Whether no attempt came before, which another carrier may have answered. */
  first: boolean;
  /** How long each carrier may take to answer before that is its fault. */
  timeoutMs: number;
  /** Called with a carrier that has booked, or may have, after its silence was counted as a fault. */
  onLate(carrier: CarrierPort): void;
}

/**
 * Books with the first carrier that takes the parcel. A refusal moves on to the next carrier at once. A fault is thrown,
 * so that the same carrier is asked again, until patience is over or its circuit is open: then the next one is asked.
 * A carrier that does not answer in time is at fault alone: the others have their own time.
 * Nothing is cancelled here, because another attempt may have won with the carrier that failed in this one: what the
 * ledger stores decides. Throws PartyRefused `no_carrier` if all refused, the last PartyFault if one could not be reached.
 */
export async function bookWithFailOver(
  carriers: readonly CarrierPort[],
  call: BookingCall,
  persistence: Persistence,
): Promise<Booked> {
  const { patient, first } = persistence;
  const asked: string[] = [];
  const refusals: string[] = [];
  let fault: Error | undefined;
  for (const carrier of carriers) {
    try {
      const label = await ask(carrier, call, persistence);
      const all = carriers.map((each) => each.carrier).filter((name) => name !== carrier.carrier);
      return { label, others: first ? asked : all };
    } catch (error) {
      asked.push(carrier.carrier);
      if (error instanceof PartyRefused) refusals.push(error.message);
      else if (error instanceof CircuitOpen) fault ??= error;
      else if (error instanceof PartyFault && !patient) fault = error;
      else throw error;
    }
  }
  throw fault ?? new PartyRefused('shipping', 'no_carrier', `no carrier takes the parcel: ${refusals.join('; ')}`);
}

async function ask(carrier: CarrierPort, call: BookingCall, { timeoutMs, onLate }: Persistence): Promise<Label> {
  const answer = carrier.book(call);
  const late = () => onLate(carrier);
  try {
    return await withinTimeout(`shipping/${carrier.carrier}`, timeoutMs, answer, late);
  } catch (error) {
    answer.then(late, () => undefined);
    throw error;
  }
}
