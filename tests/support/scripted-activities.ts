import { ApplicationFailure } from '@temporalio/common';
import type { FulfilmentActivities } from '../../activities';
import type { Reason } from '../../contracts/failures';
import type { Money } from '../../contracts/http/money';
import type { Decision, LegParcel, StuckAction } from '../../contracts/workflow/order';

type Name = keyof FulfilmentActivities;

/** What an activity does when it is called: throw, wait, or answer otherwise than it would. */
export type Script = Partial<Record<Name, (input: ScriptInput) => unknown>>;

/** What a script may want to know of a call. */
export interface ScriptInput {
  orderId: string;
  parcel?: string;
  leg?: number;
  grant?: number;
  reason?: string;
  shortfall?: string;
  amount?: Money;
  decision?: Decision;
  refund?: string;
  /** The step that is stuck, why, what frees it, and what a person decided. */
  step?: string;
  why?: string;
  actions?: readonly StuckAction[];
  occurrence?: number;
  resolution?: Decision & { action: StuckAction };
}

/** The activities of `fulfilOrder`. */
export const NAMES = [
  'validateOrder',
  'approveReview',
  'reserveStock',
  'awaitStock',
  'authorisePayment',
  'packParcel',
  'bookCarrier',
  'dropParcel',
  'beginRetry',
  'capturePayment',
  'handOver',
  'giveUpHandOver',
  'refundPayment',
  'recordScan',
  'sendMessages',
  'beginUnwinding',
  'finishUnwinding',
  'raiseAttention',
  'lowerAttention',
  'releaseStock',
  'voidPayment',
  'returnToShelf',
  'cancelBooking',
  'cancelGivenUp',
  'readStanding',
] as const satisfies Name[];

/** A refusal as an activity throws it. */
export const refusal = (reason: Reason): ApplicationFailure =>
  ApplicationFailure.create({ type: 'Refused', message: reason, nonRetryable: true, details: [{ reason }] });

/** A fault that outlived the order's patience, as an activity throws it. */
export const outlived = (): ApplicationFailure =>
  ApplicationFailure.create({
    type: 'PartyUnavailable',
    message: 'gave up',
    nonRetryable: true,
    details: [{ reason: 'party_unavailable' }],
  });

/** The refusal of a step behind its order's fence. */
export const fencedOff = (): ApplicationFailure =>
  ApplicationFailure.create({ type: 'StepFenced', message: 'fenced', nonRetryable: true });

/** Activities without parties or books that write down who was called and follow a script. */
export function scriptedActivities(warehouses: string[], script: Script = {}) {
  const calls: string[] = [];
  const inputs = new Map<Name, ScriptInput[]>();
  const grand = { amount: 4990, currency: 'EUR' };
  const inLeg = (leg: number): LegParcel[] =>
    warehouses.map((warehouse) => ({
      leg,
      status: 'allocated',
      parcel: warehouse,
      warehouse,
      shipmentId: `shp_${leg}_${warehouse}`,
      lines: [{ sku: 'MUG-001', quantity: 1 }],
    }));
  const parcels = inLeg(1);
  const answers: Script = {
    validateOrder: () => ({ verdict: 'passed' }),
    reserveStock: ({ leg = 1 }) => ({ parcels: inLeg(leg), dropped: [], grand }),
    awaitStock: () => ({ remainingMs: 3_600_000 }),
    dropParcel: () => ({ dropped: [{ sku: 'MUG-001', quantity: 1 }], grand: { ...grand, amount: 2000 } }),
    beginUnwinding: () => true,
    beginRetry: () => ({ renewInMs: 5 * 24 * 3_600_000 }),
    raiseAttention: () => ({ since: '2026-01-31T09:00:00Z', status: 'needs_attention' }),
    lowerAttention: () => ({ status: 'compensating' }),
    giveUpHandOver: () => warehouses,
    readStanding: () => ({
      status: 'compensating',
      reason: 'no_carrier',
      captured: false,
      captureBooked: false,
      grand,
      leg: 1,
      grants: 1,
      parcels,
      stuck: [],
      occurrences: 0,
    }),
    bookCarrier: () => ({ carrier: 'nordpost', trackingNumber: 'N1', givenUp: [] }),
  };
  const activities = Object.fromEntries(
    NAMES.map((name) => [
      name,
      async (input: ScriptInput) => {
        calls.push(input.parcel === undefined ? name : `${name} ${input.parcel}`);
        inputs.set(name, [...(inputs.get(name) ?? []), input]);
        return (await script[name]?.(input)) ?? (await answers[name]?.(input)) ?? null;
      },
    ]),
  ) as unknown as FulfilmentActivities;
  /** The calls but for messages, which go out beside the saga at no fixed place. */
  const story = () => calls.filter((call) => call !== 'sendMessages');
  /** What an activity was called with, in order. */
  const inputsOf = (name: Name) => inputs.get(name) ?? [];
  return { activities, calls, story, inputsOf, parcels };
}

/** A script whose first try fails, inside the workflow's worker: the step goes on where tries can be cancelled. */
export function scheduled<Answer>(run: (input: ScriptInput) => Answer): (input: ScriptInput) => Answer {
  const tried = new Set<string | undefined>();
  return (input) => {
    if (tried.has(input.parcel)) return run(input);
    tried.add(input.parcel);
    throw new Error('the party is away');
  };
}

/** A script that refuses the first `times` calls. */
export function refusedFirst(times: number, reason: Reason = 'payment_declined'): () => null {
  let left = times;
  return () => {
    left -= 1;
    if (left >= 0) throw refusal(reason);
    return null;
  };
}
