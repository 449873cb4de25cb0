import { createHash } from 'node:crypto';
import { Prisma } from '../../infra/database/generated/client';
import { PartyRefused, type CarrierPort, type Label } from '../ports';
import { insertEffect, referenceFor, type Books, type EndingEffect } from './effects';
import type { ScriptedCall } from './faults';

const DAY_MS = 24 * 3600 * 1000;

/** How a sandbox carrier keeps time. */
export interface CarrierTimes {
  now: () => Date;
  /** From the hand-over to the scan `in_transit`. */
  inTransitAfterMs: number;
  /** From the hand-over to the scan `delivered`. */
  deliveredAfterMs: number;
}

/** A carrier that takes every parcel, delivers within two days by its own account, and owes two scans for each. */
export function createSandboxCarrier(
  carrier: string,
  books: Books,
  { now, inTransitAfterMs, deliveredAfterMs }: CarrierTimes,
): CarrierPort {
  const party = `shipping/${carrier}`;
  const port = 'shipping';
  const refused = (message: string) => (): PartyRefused => new PartyRefused(party, 'no_carrier', message);

  return {
    carrier,

    book: async ({ key, order, shipmentId }) => {
      const estimatedDelivery = new Date(now().getTime() + 2 * DAY_MS).toISOString();
      const label: Label = { carrier, ...printLabel(carrier, key), estimatedDelivery };
      const booking = { key, reference: label.trackingNumber, details: { ...label, shipmentId } };
      const { details } = await books.record({ port, operation: 'book', order, carrier }, booking);
      const { shipmentId: _, ...stored } = details as typeof booking.details;
      return stored;
    },

    cancel: ({ key, order }) => {
      const undo = { key, reference: referenceFor('cnl', key), details: {}, ends: { key, operation: 'book' } };
      const tooLate = refused(`the parcel booked as ${key} was handed over already`);
      return books.undo({ port, operation: 'cancel', order, carrier }, undo, tooLate);
    },

    handOver: async ({ key, order, bookingKey }) => {
      const ends = { key: bookingKey, operation: 'book' };
      const effect = { key, reference: referenceFor('hov', key), details: { bookingKey }, ends };
      const unknown = refused(`no carriage is booked as ${bookingKey}`);
      const statement = handOverStatement(carrier, inTransitAfterMs, deliveredAfterMs);
      await books.recordEnding({ port, operation: 'hand_over', order, carrier }, effect, unknown, statement);
    },

    track: (key) => books.lastScan(party, key),

    lookup: async (key) => {
      const operations = (await books.find(party, key)).map(({ operation }) => operation);
      if (operations.includes('cancel')) return 'cancelled';
      return operations.includes('book') ? 'booked' : 'unknown';
    },
  };
}

/**
 * Writes the hand-over and the scans that it makes the carrier owe, at once. The column keeps milliseconds and would round
 * a time up, so that a scan owed at once were due a moment later.
 */
const handOverStatement =
  (carrier: string, inTransitAfterMs: number, deliveredAfterMs: number) =>
  (call: ScriptedCall, effect: EndingEffect, provided: Prisma.Sql): Prisma.Sql => Prisma.sql`
  WITH handed_over AS (${insertEffect(call, effect, provided)}),
  owed AS (
    INSERT INTO sandbox.scan (carrier, order_id, shipment_id, status, due_at)
    SELECT ${carrier}, ${call.order.orderId}, details->>'shipmentId', owing.status,
      date_trunc('milliseconds', clock_timestamp()) + owing.after_ms * interval '1 millisecond'
    FROM handed_over, (VALUES ('in_transit', ${inTransitAfterMs}::int), ('delivered', ${deliveredAfterMs}::int))
      AS owing (status, after_ms)
    ON CONFLICT DO NOTHING
  )
  SELECT operation, reference, details FROM handed_over`;

function printLabel(carrier: string, key: string): { trackingNumber: string; labelUrl: string } {
  const hash = createHash('sha256').update(`${carrier}/${key}`).digest();
  const digits = (hash.readBigUInt64BE() % 10n ** 14n).toString().padStart(14, '0');
  const trackingNumber = `${carrier.slice(0, 2).toUpperCase()}${digits}`;
  return { trackingNumber, labelUrl: `https://labels.${carrier}.example/${trackingNumber}.pdf` };
}
