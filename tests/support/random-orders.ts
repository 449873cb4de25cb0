import fc from 'fast-check';
import type { SandboxFault } from '../../contracts/http/sandbox';

/** What happens to one order of a random run. */
export interface RandomOrder {
  clientReference: string;
  sku: string;
  quantity: number;
  token: string;
  fulfilment: 'all_or_nothing' | 'ship_available';
  backorder: boolean;
  /** When its customer cancels, after it was placed. */
  cancelAfterMs: number | undefined;
  /** Whether and when its run is lost, after it was placed: stopped from outside, or deleted with all that Temporal knows. */
  lost: { how: 'terminated' | 'deleted'; afterMs: number } | undefined;
  /** What staff do where one of its steps is stuck, where that is offered. */
  unstick: 'retry' | 'skip' | 'refund';
  faults: SandboxFault[];
}

/** The skus of a random run, with the units that each warehouse has of them. */
export const RANDOM_STOCK: Record<string, Record<string, number>> = {
  'PLENTY-1': { BER: 20_000, HAM: 20_000 },
  'SPLIT-1': { BER: 3_000, HAM: 3_000 },
  'SCARCE-1': { BER: 40, HAM: 40 },
};

type Operation = [SandboxFault['port'], string];

const FORWARD: Operation[] = [
  ['screening', 'screen'],
  ['inventory', 'reserve'],
  ['payment', 'authorise'],
  ['warehouse', 'pack'],
  ['shipping', 'book'],
  ['payment', 'capture'],
  ['shipping', 'hand_over'],
  ['notification', 'send'],
];
const UNDOS: Operation[] = [
  ['inventory', 'release'],
  ['payment', 'void'],
  ['warehouse', 'return_to_shelf'],
  ['shipping', 'cancel'],
];

const fault = fc
  .record({
    operation: fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...FORWARD) }, fc.constantFrom(...UNDOS)),
    kind: fc.oneof(
      { weight: 3, arbitrary: fc.constant('effect_then_timeout' as const) },
      { weight: 3, arbitrary: fc.constant('unavailable' as const) },
      { weight: 2, arbitrary: fc.constant('slow' as const) },
      { weight: 2, arbitrary: fc.constant('refuse' as const) },
      { weight: 1, arbitrary: fc.constant('hold' as const) },
    ),
    times: fc.integer({ min: 1, max: 3 }),
    delayMs: fc.integer({ min: 50, max: 1500 }),
  })
  .map(({ operation: [port, operation], kind, times, delayMs }) => ({
    port,
    operation,
    kind,
    times: kind === 'hold' ? 1 : times,
    ...(kind === 'slow' && { delayMs }),
  }));

const order = fc.record({
  sku: fc.oneof(
    { weight: 6, arbitrary: fc.constant('PLENTY-1') },
    { weight: 3, arbitrary: fc.constant('SPLIT-1') },
    { weight: 1, arbitrary: fc.constant('SCARCE-1') },
  ),
  quantity: fc.integer({ min: 1, max: 20 }),
  token: fc.oneof({ weight: 19, arbitrary: fc.constant('tok_visa') }, fc.constant('tok_declined')),
  fulfilment: fc.constantFrom('all_or_nothing' as const, 'ship_available' as const),
  backorder: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.constant(true)),
  cancelAfterMs: fc.oneof(
    { weight: 3, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 2000 }) },
  ),
  lost: fc.oneof(
    { weight: 5, arbitrary: fc.constant(undefined) },
    {
      weight: 1,
      arbitrary: fc.record({
        how: fc.constantFrom('terminated' as const, 'deleted' as const),
        afterMs: fc.integer({ min: 0, max: 3000 }),
      }),
    },
  ),
  unstick: fc.constantFrom('retry' as const, 'skip' as const, 'refund' as const),
  faults: fc.oneof(
    { weight: 1, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(fault, { minLength: 1, maxLength: 3 }) },
  ),
});

/** The most faults that a script may hold. */
const MOST_FAULTS = 1000;

/** Orders with faults, options and cancels, the same for the same seed; no more faults than a script may hold. */
export function randomOrders(count: number, seed: number): RandomOrder[] {
  let left = MOST_FAULTS;
  return fc.sample(order, { numRuns: count, seed }).map((each, index) => {
    const clientReference = `random-${index}`;
    const faults = each.faults.slice(0, left).map((one) => ({ ...one, match: { clientReference } }));
    left -= faults.length;
    return { ...each, clientReference, faults };
  });
}
