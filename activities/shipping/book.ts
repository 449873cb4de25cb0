import { activityInfo, log } from '@temporalio/activity';
import type { CarrierPort, Label, Recipient } from '../../adapters/ports';
import type { Booking, StepInput } from '../../contracts/workflow/order';
import { idempotencyKey, stepName, type StepId } from '../../domain/step-kinds';
import { Prisma } from '../../infra/database/generated/client';
import { runForward, runUndo } from '../ledger/run-step';
import type { Applied, StepCall, StepLedger } from '../ledger/step-ledger';
import { owe } from '../ledger/undo';
import { bookWithFailOver, type Booked } from './book-with-fail-over';
import { RECIPIENT } from '../../books/recipient';

interface Deps {
  ledger: StepLedger;
  carriers: readonly CarrierPort[];
}

/** A parcel of a leg. */
interface Parcel {
  orderId: string;
  leg: number;
  parcel: string;
}

const booking = ({ leg, parcel }: Parcel): StepId<'book'> => ({ kind: 'book', leg, parcel });

/** A label that a carrier may hold though another one ships the parcel, or none. */
const strayLabel = ({ leg, parcel }: Parcel, carrier: string): StepId<'stray-label'> => ({
  kind: 'stray-label',
  leg,
  parcel,
  carrier,
});

/** Books carriers and cancels. */
export function createBookActivities({ ledger, carriers }: Deps) {
  return {
    /**
     * Books the first carrier that takes the parcel; any other that was asked may hold a stray label, which a workflow of
     * its own cancels. Refused: `no_carrier`, if every carrier refused.
     */
    async bookCarrier(input: StepInput & { carrierAttempts: number }): Promise<Booking> {
      const { orderId, leg = 1, parcel = '', carrierAttempts, limits } = input;
      const where = { orderId, leg, parcel };
      const timeoutMs = timeForEach(carriers, limits.partyTimeoutMs);
      const wholeAttempt = { ...limits, partyTimeoutMs: timeoutMs * (carriers.length + 1) };
      return runForward<Booked, Booking>(ledger, 'shipping', wholeAttempt, {
        orderId,
        id: booking(where),
        request: ({ read }) => ({ shipmentId: (read as Facts).shipmentId }),
        reading: factsOf(where),
        perform: (call, { read }) => {
          const { attempt, isLocal } = activityInfo();
          const asked = { ...call, warehouse: parcel, ...(read as Facts) };
          return bookWithFailOver(carriers, asked, {
            patient: attempt < carrierAttempts,
            first: isLocal,
            timeoutMs,
            onLate: ({ carrier }) => void recordLateLabel(ledger, where, carrier),
          });
        },
        superseded: ({ label }, stored) =>
          label.carrier === (stored as Booking).carrier ? [] : [strayLabel(where, label.carrier)],
        record: ({ label, others }, { read }) => ({
          ...booked((read as Facts).shipmentId, label),
          owes: others.map((carrier) => strayLabel(where, carrier)),
        }),
      });
    },

    /** Cancels a parcel's carriage at every carrier, because any of them may have been asked. */
    async cancelBooking({ orderId, leg = 1, parcel = '', limits }: StepInput): Promise<void> {
      const where = { orderId, leg, parcel };
      await runUndo(ledger, 'shipping', limits, {
        orderId,
        id: booking(where),
        revert: (call) => cancelAt(carriers, call),
        record: async (tx) => {
          await tx.query`
            UPDATE orders.shipment SET status = 'packed', carrier = NULL, tracking_number = NULL, label_url = NULL,
              estimated_delivery = NULL
            WHERE order_id = ${orderId} AND leg = ${leg} AND warehouse = ${parcel}`;
          return { note: 'carrier cancelled' };
        },
      });
    },

    /** Cancels a stray label, which its carrier holds under the booking's key if it holds one. */
    async cancelStrayLabel({ orderId, leg = 1, parcel = '', carrier = '', limits }: StepInput): Promise<void> {
      const where = { orderId, leg, parcel };
      const key = idempotencyKey(orderId, booking(where));
      await runUndo(ledger, 'shipping', limits, {
        orderId,
        id: strayLabel(where, carrier),
        revert: (call) =>
          cancelAt(
            carriers.filter((each) => each.carrier === carrier),
            { ...call, key },
          ),
      });
    },
  };
}

/** Cancels at each of the carriers; all are asked before the first failure is thrown. */
async function cancelAt(carriers: readonly CarrierPort[], call: StepCall): Promise<void> {
  const outcomes = await Promise.allSettled(carriers.map((carrier) => carrier.cancel(call)));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
}

interface Facts {
  shipmentId: string;
  recipient: Recipient;
}

const factsOf = ({ leg, parcel }: Parcel): Prisma.Sql => Prisma.sql`jsonb_build_object('recipient', ${RECIPIENT},
  'shipmentId', (SELECT s.id FROM orders.shipment s
    WHERE s.order_id = o.id AND s.leg = ${leg} AND s.warehouse = ${parcel}))`;

function booked(shipmentId: string, label: Label): Applied<Booking> {
  const { carrier, trackingNumber, labelUrl, estimatedDelivery } = label;
  return {
    result: { carrier, trackingNumber },
    providerReference: trackingNumber,
    note: `${carrier} ${trackingNumber}`,
    events: [{ topic: 'shipping.created', version: 1, data: { shipmentId, carrier, trackingNumber } }],
    alongside: Prisma.sql`
      UPDATE orders.shipment s SET status = 'booked', carrier = ${carrier}, tracking_number = ${trackingNumber},
        label_url = ${labelUrl}, estimated_delivery = ${estimatedDelivery}::timestamptz
      FROM entitled e WHERE s.order_id = e.order_id AND s.id = ${shipmentId}`,
  };
}

/**
 * Records that a carrier may hold a stray label: its answer came after its silence was counted as a fault, and another
 * carrier has the parcel, or the booking was undone. While nothing is booked the label stays, because the next attempt is
 * answered with it. Never throws: what could not be recorded is logged.
 */
async function recordLateLabel(ledger: StepLedger, where: Parcel, carrier: string): Promise<void> {
  try {
    await oweLateLabel(ledger, where, carrier);
  } catch (error) {
    log.warn('a late label could not be recorded', { ...where, carrier, error: String(error) });
  }
}

async function oweLateLabel({ database }: StepLedger, where: Parcel, carrier: string): Promise<void> {
  const [row] = await database.sql.query<{ state: string; winner: string | null }>`
    SELECT state, result->>'carrier' AS winner FROM orders.saga_step
    WHERE order_id = ${where.orderId} AND step = ${stepName(booking(where))}`;
  if (row === undefined || (row.state === 'applied' && row.winner === carrier)) return;
  await owe(database.sql, where.orderId, [strayLabel(where, carrier)]);
}

/**
 * How long an attempt waits for each carrier, in milliseconds. A scheduled attempt asks one after the other and then
 * writes, all within the time that the server gives it, so each of them has an equal part of that. A first attempt has less
 * time than any carrier: its calls go on after its end.
 */
function timeForEach(carriers: readonly CarrierPort[], partyTimeoutMs: number): number {
  const { isLocal, startToCloseTimeoutMs } = activityInfo();
  return isLocal ? partyTimeoutMs : Math.min(partyTimeoutMs, Math.floor(startToCloseTimeoutMs / (carriers.length + 1)));
}
