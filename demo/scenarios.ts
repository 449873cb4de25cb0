import type { PlaceOrder } from '../contracts/order';
import type { SandboxFault } from '../contracts/sandbox';

/** The product that the demo brings along: one unit lies in each of two warehouses when it begins. */
export const DEMO_PRODUCT = {
  sku: 'DEMO-SET',
  name: 'Tea set of the demo',
  category: 'tableware',
  unitPrice: { amount: 4990, currency: 'EUR' },
  weightGrams: 900,
} as const;

export const DEMO_WAREHOUSES = ['BER', 'HAM'] as const;

type Fault = Pick<SandboxFault, 'port' | 'operation' | 'kind' | 'times'>;

/** One order of the demo, and what is made to happen to it. */
export interface Scenario {
  title: string;
  /** What it shows, in plain words. */
  shows: string;
  line: { sku: string; quantity: number };
  token: string;
  faults: Fault[];
}

const lostReply = (port: Fault['port'], operation: string): Fault => ({
  port,
  operation,
  kind: 'effect_then_timeout',
  times: 1,
});

/** In the order in which they are placed: the second must find the product's two units. */
export const scenarios: Scenario[] = [
  {
    title: 'goes through',
    shows: 'Every party says yes.',
    line: { sku: 'MUG-001', quantity: 2 },
    token: 'tok_visa',
    faults: [],
  },
  {
    title: 'two warehouses',
    shows: 'No warehouse has both units, so that each sends one: two parcels, one payment.',
    line: { sku: DEMO_PRODUCT.sku, quantity: 2 },
    token: 'tok_visa',
    faults: [],
  },
  {
    title: 'out of stock',
    shows: 'Five are wanted, and there never were more than two.',
    line: { sku: DEMO_PRODUCT.sku, quantity: 5 },
    token: 'tok_visa',
    faults: [],
  },
  {
    title: 'card declined',
    shows: 'The card is declined after the stock was reserved, which is therefore released.',
    line: { sku: 'MUG-001', quantity: 1 },
    token: 'tok_declined',
    faults: [],
  },
  {
    title: 'no carrier',
    shows: 'Every carrier refuses the packed parcel: the goods go back on the shelf, the money is let go.',
    line: { sku: 'MUG-001', quantity: 1 },
    token: 'tok_visa',
    faults: [{ port: 'shipping', operation: 'book', kind: 'refuse' }],
  },
  {
    title: 'replies get lost',
    shows:
      'Payment, warehouse and carrier each do their work and then their answer is lost. Asked again, none does it twice.',
    line: { sku: 'MUG-001', quantity: 1 },
    token: 'tok_visa',
    faults: [
      lostReply('payment', 'authorise'),
      lostReply('warehouse', 'pack'),
      lostReply('shipping', 'book'),
      lostReply('payment', 'capture'),
    ],
  },
];

/** The reference by which a fault finds its order, and no order of anybody else. */
export const referenceOf = (run: string, index: number): string => `demo-${run}-${index + 1}`;

/** The body of a scenario's order. */
export const orderOf = ({ line, token }: Scenario, clientReference: string): Omit<PlaceOrder, 'options'> => ({
  clientReference,
  currency: 'EUR',
  lines: [line],
  shippingAddress: { name: 'Ada Lovelace', line1: 'Torstr. 1', postalCode: '10119', city: 'Berlin', country: 'DE' },
  contact: { email: 'ada@example.com', phone: '+4930123456' },
  payment: { provider: 'sandbox', token },
});

/** The script of faults for all orders of a run. */
export const faultsOf = (run: string): SandboxFault[] =>
  scenarios.flatMap(({ faults }, index) =>
    faults.map((fault) => ({ ...fault, match: { clientReference: referenceOf(run, index) } })),
  );
