import type { Money } from '../../domain/money';
import { PartyRefused, type Recipient, type ScreeningPort, type ScreeningVerdict } from '../ports';
import type { FaultScript } from './faults';

/** The first grand total that a person must look at, in minor units of any currency. */
const REVIEW_FROM = 2_000_000;
/** What a first address line holds whose order a person must look at. */
const REVIEW_STREET = 'Review Street';
/** What a first address line holds whose order is refused. */
const REFUSED_STREET = 'Refused Street';

/** A screening by amount and by address; the order's street comes before its amount. */
export const createSandboxScreening = (script: FaultScript): ScreeningPort => ({
  screen: ({ order, grand, recipient }) =>
    script.around({ port: 'screening', operation: 'screen', order }, async () => verdictOn(grand, recipient)),
});

function verdictOn(grand: Money, { line1 }: Recipient): ScreeningVerdict {
  if (line1.includes(REFUSED_STREET)) {
    throw new PartyRefused('screening', 'screening_refused', 'the sandbox refuses whatever goes to that street');
  }
  return line1.includes(REVIEW_STREET) || grand.amount >= REVIEW_FROM ? 'review' : 'passed';
}
