import { activityInfo } from '@temporalio/activity';
import type { CarrierPort, Recipient } from '../../adapters/ports';
import type { Booking } from '../../contracts/workflow/order';
import { idempotencyKey, steps } from '../../domain/steps';
import { Prisma } from '../../infra/database/generated/client';
import { bookWithFailOver, cancelAt, type Booked } from './book-with-fail-over';
import { settleLateLabel } from './late-label';
import { RECIPIENT } from './recipient';
import { askRetryably, runForward, runUndo } from '../ledger/run-step';
import type { StepCall, StepLedger } from '../ledger/step-ledger';
import type { ParcelStep } from '../warehouse/pack';

interface Deps {
  ledger: StepLedger;
  carriers: readonly CarrierPort[];
}

type BookStep = ParcelStep & { carrierAttempts: number };

/** Books carriers and cancels. */
export function createShippingActivities({ ledger, carriers }: Deps) {
  const named = (names: readonly string[]) => carriers.filter(({ carrier }) => names.includes(carrier));
  return {
    /** Books the first carrier that takes the parcel. Refused: `no_carrier`, where every carrier refused. */
    async bookCarrier(input: BookStep): Promise<Booking> {
      const { orderId, leg, parcel, shipmentId, limits } = input;
      const timeoutMs = timeForEach(carriers, limits.partyTimeoutMs);
      const wholeTry = { ...limits, partyTimeoutMs: timeoutMs * (carriers.length + 1) };
      return runForward<Booked, Booking>(ledger, 'shipping', wholeTry, {
        orderId,
        leg,
        step: steps.book(parcel, leg),
        request: { shipmentId },
        reading: RECIPIENT,
        perform: (call, { read }) =>
          book({ ledger, carriers }, { ...input, timeoutMs, recipient: read as Recipient }, call),
        withdraw: (call) => cancelAt(carriers, call),
        supersede: (call, { label }, stored) =>
          cancelAt(label.carrier === stored.carrier ? [] : named([label.carrier]), call),
        record: ({ label, givenUp }) => {
          const { carrier, trackingNumber, labelUrl, estimatedDelivery } = label;
          return {
            result: { carrier, trackingNumber, givenUp },
            providerReference: trackingNumber,
            note: `${carrier} ${trackingNumber}`,
            events: [{ topic: 'shipping.created', version: 1, data: { shipmentId, carrier, trackingNumber } }],
            alongside: Prisma.sql`
              UPDATE orders.shipment s SET status = 'booked', carrier = ${carrier},
                tracking_number = ${trackingNumber}, label_url = ${labelUrl},
                estimated_delivery = ${estimatedDelivery}::timestamptz
              FROM entitled e WHERE s.order_id = e.order_id AND s.id = ${shipmentId}`,
          };
        },
      });
    },

    /** Cancels a parcel's carriage at every carrier, since any of them may have been asked. */
    async cancelBooking({ orderId, leg, parcel, shipmentId, limits }: ParcelStep): Promise<void> {
      await runUndo(ledger, 'shipping', limits, {
        orderId,
        step: steps.book(parcel, leg),
        revert: (call) => cancelAt(carriers, call),
        record: async (tx) => {
          await tx.query`
            UPDATE orders.shipment SET status = 'packed', carrier = NULL, tracking_number = NULL, label_url = NULL,
              estimated_delivery = NULL
            WHERE id = ${shipmentId}`;
          return { note: 'carrier cancelled' };
        },
      });
    },

    /** Cancels at carriers that were given up for another one, once they can be reached again. */
    async cancelGivenUp({ orderId, leg, parcel, carriers: names, limits }: ParcelStep & { carriers: string[] }) {
      const order = await ledger.orderRef(orderId);
      const key = idempotencyKey(orderId, steps.book(parcel, leg));
      await askRetryably('shipping', limits, cancelAt(named(names), { key, order }));
    },
  };
}

async function book(
  { ledger, carriers }: Deps,
  {
    leg,
    parcel,
    shipmentId,
    carrierAttempts,
    timeoutMs,
    recipient,
  }: BookStep & { timeoutMs: number; recipient: Recipient },
  call: StepCall,
): Promise<Booked> {
  const { attempt, isLocal } = activityInfo();
  const step = steps.book(parcel, leg);
  const booking = { ...call, shipmentId, warehouse: parcel, recipient };
  return bookWithFailOver(carriers, booking, {
    patient: attempt < carrierAttempts,
    first: isLocal,
    timeoutMs,
    onLate: (carrier) => void settleLateLabel(ledger.database, carrier, { ...call, step }),
  });
}

/**
 * How long a try waits for each carrier, in milliseconds. A scheduled try asks one after the other and then writes, all
 * within the time that the server gives it, so each of them has an equal part of that. A first try has less time than
 * any carrier: its calls go on after its end.
 */
function timeForEach(carriers: readonly CarrierPort[], partyTimeoutMs: number): number {
  const { isLocal, startToCloseTimeoutMs } = activityInfo();
  return isLocal ? partyTimeoutMs : Math.min(partyTimeoutMs, Math.floor(startToCloseTimeoutMs / (carriers.length + 1)));
}
