import type { CarrierScan } from '../../contracts/workflow/order';
import type { Database } from '../../infra/database/client';

/** A scan that a carrier reports, with the order that the parcel belongs to. */
export type DueScan = CarrierScan & { orderId: string };

/** How long a worker has a scan to itself, in milliseconds; one that a dead worker took is due again after that. */
const LEASE_MS = 10_000;

/** How soon a scan that could not be delivered is delivered again, in milliseconds. */
const RETRY_AFTER_MS = 1000;

/** What became of the scans that were due. */
export interface DeliveredScans {
  delivered: number;
  /** Those that `deliver` threw for; they are due again shortly. */
  failed: { scan: DueScan; error: unknown }[];
}

type ClaimedScan = DueScan & { id: string };

/**
 * Hands the scans that are due to `deliver`, side by side and each at least once, in a shipment's own order: `delivered`
 * is not due before `in_transit` was delivered. Any number of workers may call it; each takes other scans. `deliver`
 * must settle within 10 s, or another worker delivers the scan as well.
 *
 * @param limit - the most scans taken at once
 */
export async function deliverDueScans(
  database: Database,
  deliver: (scan: DueScan) => Promise<void>,
  limit: number,
): Promise<DeliveredScans> {
  const claimed = await claim(database, limit);
  if (claimed.length === 0) return { delivered: 0, failed: [] };
  const done: string[] = [];
  const failed: DeliveredScans['failed'] = [];
  await Promise.all(
    claimed.map(async ({ id, ...scan }) => {
      try {
        await deliver(scan);
        done.push(id);
      } catch (error) {
        failed.push({ scan, error });
      }
    }),
  );
  await settle(
    database,
    claimed.map(({ id }) => id),
    done,
  );
  return { delivered: done.length, failed };
}

/** Takes due scans by moving when they are next due, so that no transaction stays open while they are delivered. */
const claim = (database: Database, limit: number): Promise<ClaimedScan[]> =>
  database.sql.query<ClaimedScan>`
    UPDATE sandbox.scan SET due_at = clock_timestamp() + ${LEASE_MS} * interval '1 millisecond'
    WHERE id = ANY(ARRAY(
      SELECT id FROM sandbox.scan due
      WHERE delivered_at IS NULL AND due_at <= clock_timestamp() AND NOT (status = 'delivered' AND EXISTS (
        SELECT FROM sandbox.scan earlier
        WHERE earlier.shipment_id = due.shipment_id AND earlier.status = 'in_transit' AND earlier.delivered_at IS NULL
      ))
      ORDER BY due_at, id LIMIT ${limit} FOR UPDATE SKIP LOCKED
    ))
    RETURNING id, order_id AS "orderId", shipment_id AS "shipmentId", status`;

/** Marks those of the claimed scans that are `done`, and releases the others for a later attempt. */
const settle = (database: Database, claimed: string[], done: string[]): Promise<unknown> =>
  database.sql.query`
    UPDATE sandbox.scan SET
      delivered_at = CASE WHEN id = ANY(${done}) THEN clock_timestamp() END,
      due_at = CASE WHEN id = ANY(${done}) THEN due_at ELSE clock_timestamp() + ${RETRY_AFTER_MS} * interval '1 millisecond' END
    WHERE id = ANY(${claimed}) AND delivered_at IS NULL`;
