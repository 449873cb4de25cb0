import { ApplicationFailure } from '@temporalio/common';
import type { FulfilmentActivities } from '../../activities';
import type { Reason } from '../../contracts/failures';
import type { AllocatedParcel } from '../../contracts/saga';

type Name = keyof FulfilmentActivities;

/** What an activity does when it is called, instead of nothing: throw, wait, or answer otherwise. */
export type Script = Partial<Record<Name, (input: { parcel?: string }) => unknown>>;

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
  const parcels: AllocatedParcel[] = warehouses.map((warehouse) => ({
    parcel: warehouse,
    warehouse,
    shipmentId: `shp_1_${warehouse}`,
    lines: [{ sku: 'MUG-001', quantity: 1 }],
  }));
  const answers: Script = {
    reserveStock: () => parcels,
    beginUnwinding: () => true,
    readStanding: () => ({ status: 'compensating', reason: 'no_carrier', captured: false, parcels, delivered: [] }),
    bookCarrier: () => ({ carrier: 'nordpost', trackingNumber: 'N1', givenUp: [] }),
  };
  const names: Name[] = [
    'validateOrder',
    'reserveStock',
    'authorisePayment',
    'packParcel',
    'bookCarrier',
    'capturePayment',
    'handOver',
    'recordScan',
    'sendMessages',
    'beginUnwinding',
    'finishUnwinding',
    'releaseStock',
    'voidPayment',
    'returnToShelf',
    'cancelBooking',
    'cancelGivenUp',
    'readStanding',
  ];
  const activities = Object.fromEntries(
    names.map((name) => [
      name,
      async (input: { parcel?: string }) => {
        calls.push(input.parcel === undefined ? name : `${name} ${input.parcel}`);
        return (await (script[name] ?? answers[name])?.(input)) ?? null;
      },
    ]),
  ) as unknown as FulfilmentActivities;
  /** The calls but for messages, which go out beside the saga at no fixed place. */
  const story = () => calls.filter((call) => call !== 'sendMessages');
  return { activities, calls, story, parcels };
}
