import type { PlaceOrder } from '../contracts/http/order';
import type { SandboxFault } from '../contracts/http/sandbox';
import type { Stage } from './stage';

type Fault = Pick<SandboxFault, 'port' | 'operation' | 'kind' | 'times' | 'delayMs'>;

/** One order of the demo, and what is made to happen to it. */
export interface Scenario {
  title: string;
  /** What it shows, in plain words. */
  shows: string;
  lines: { sku: string; quantity: number }[];
  /** Where it goes; screening looks at it. */
  street?: string;
  token?: string;
  options?: Partial<PlaceOrder['options']>;
  faults?: Fault[];
  /** What people do about it, played by the demo. */
  act?: (stage: Stage) => Promise<void>;
  /** Set if it is undone with a step under way, and so rests only when that can have no effect any more. */
  restsLate?: true;
}

/** The reference by which a fault finds its order, and no order of anybody else. */
export const referenceOf = (run: string, index: number): string => `demo-${run}-${index + 1}`;

/** The body of a scenario's order. */
export const orderOf = (
  { lines, street = 'Torstr. 1', token = 'tok_visa', options }: Scenario,
  clientReference: string,
) => ({
  clientReference,
  currency: 'EUR',
  lines,
  shippingAddress: { name: 'Ada Lovelace', line1: street, postalCode: '10119', city: 'Berlin', country: 'DE' },
  contact: { email: 'ada@example.com', phone: '+4930123456' },
  payment: { provider: 'sandbox', token },
  ...(options && { options }),
});

/** The script of faults for all orders of a run. */
export const faultsOf = (run: string, scenarios: readonly Scenario[]): SandboxFault[] =>
  scenarios.flatMap(({ faults = [] }, index) =>
    faults.map((fault) => ({ ...fault, match: { clientReference: referenceOf(run, index) } })),
  );
