import { createHash } from 'node:crypto';
import { Prisma } from '../../infra/database/generated/client';
import { PartyRefused, type CarrierPort, type Label } from '../ports';
import { insertEffect, referenceFor, type Books, type EndingEffect } from './books';
import type { FaultScript } from './faults';

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
  script: FaultScript,
  { now, inTransitAfterMs, deliveredAfterMs }: CarrierTimes,
): CarrierPort {
  const party = `shipping/${carrier}`;
  const port = 'shipping';
  const refused = (message: string): PartyRefused => new PartyRefused(party, 'no_carrier', message);

  return {
    carrier,

    book: ({ key, order, shipmentId }) =>
      script.around({ port, operation: 'book', order, carrier }, async () => {
        const { orderId } = order;
        const estimatedDelivery = new Date(now().getTime() + 2 * DAY_MS).toISOString();
        const label: Label = { carrier, ...printLabel(carrier, key), estimatedDelivery };
        const reference = label.trackingNumber;
        const details = { ...label, shipmentId };
        const effect = await books.record({ party, key, operation: 'book', orderId, reference, details });
        const { shipmentId: _, ...stored } = effect.details as typeof details;
        return stored;
      }),

    cancel: ({ key, order }) =>
      script.around({ port, operation: 'cancel', order, carrier }, async () => {
        const { orderId } = order;
        const reference = referenceFor('cnl', key);
        const ends = { key, operation: 'book' };
        const inTheWay = await books.undo({ party, key, operation: 'cancel', orderId, reference, details: {}, ends });
        if (inTheWay !== undefined) throw refused(`the parcel booked as ${key} was handed over already`);
      }),

    handOver: ({ key, order, bookingKey }) =>
      script.around({ port, operation: 'hand_over', order, carrier }, async () => {
        const { orderId } = order;
        const reference = referenceFor('hov', key);
        const ends = { key: bookingKey, operation: 'book' };
        const effect = { party, key, operation: 'hand_over', orderId, reference, details: { bookingKey }, ends };
        const statement = handOverStatement(carrier, effect, inTransitAfterMs, deliveredAfterMs);
        const handedOver = await books.recordEnding(effect, statement);
        if (handedOver === undefined) throw refused(`no carriage is booked as ${bookingKey}`);
      }),

    track: (key) => books.lastScan(party, key),

    lookup: async (key) => {
      const operations = (await books.find(party, key)).map(({ operation }) => operation);
      if (operations.includes('cancel')) return 'cancelled';
      return operations.includes('book') ? 'booked' : 'unknown';
    },
  };
}

/** Writes the hand-over and the scans that it makes the carrier owe, at once. */
const handOverStatement = (
  carrier: string,
  effect: EndingEffect,
  inTransitAfterMs: number,
  deliveredAfterMs: number,
): Prisma.Sql => Prisma.sql`
  WITH handed_over AS (${insertEffect(effect)}),
  owed AS (
    INSERT INTO sandbox.scan (carrier, order_id, shipment_id, status, due_at)
    SELECT ${carrier}, ${effect.orderId}, details->>'shipmentId', owing.status,
      clock_timestamp() + owing.after_ms * interval '1 millisecond'
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
