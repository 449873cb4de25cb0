import type { SandboxFault } from '../contracts/http/sandbox';
import type { Scenario } from './scenario';
import { DEMO_LAMP, DEMO_SET } from './shelves';

const lostReply = <P extends SandboxFault['port']>(port: P, operation: string) =>
  ({ port, operation, kind: 'effect_then_timeout', times: 1 }) as const;

/** Orders that nobody needs to do anything about. The second must be placed before others want its product's two units. */
export const byThemselves: Scenario[] = [
  {
    title: 'goes through',
    shows: 'Every party says yes.',
    lines: [{ sku: 'MUG-001', quantity: 2 }],
  },
  {
    title: 'two warehouses',
    shows: 'No warehouse has both units, so each sends one: two parcels, one payment.',
    lines: [{ sku: DEMO_SET, quantity: 2 }],
  },
  {
    title: 'out of stock',
    shows: 'Five are wanted, and there never were more than two.',
    lines: [{ sku: DEMO_SET, quantity: 5 }],
  },
  {
    title: 'ships what it can',
    shows: 'It asked to get what there is: the lamp is not there, so it is dropped from the order and never charged.',
    lines: [
      { sku: 'MUG-001', quantity: 1 },
      { sku: DEMO_LAMP, quantity: 1 },
    ],
    options: { fulfilment: 'ship_available' },
  },
  {
    title: 'card declined',
    shows: 'The card is declined after the stock was reserved, which is therefore released.',
    lines: [{ sku: 'MUG-001', quantity: 1 }],
    token: 'tok_declined',
  },
  {
    title: 'replies get lost',
    shows:
      'Payment, warehouse and carrier each do their work, and then their answer is lost. Asked again, none does it twice.',
    lines: [{ sku: 'MUG-001', quantity: 1 }],
    faults: [
      lostReply('payment', 'authorise'),
      lostReply('warehouse', 'pack'),
      lostReply('shipping', 'book'),
      lostReply('payment', 'capture'),
    ],
  },
];
