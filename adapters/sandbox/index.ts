import type { Database } from '../../infra/database/client';
import type { Parties } from '../ports';
import { Books } from './effects';
import { createSandboxCarrier, type CarrierTimes } from './carrier';
import { FaultScript } from './faults';
import { createSandboxInventory } from './inventory';
import { createSandboxNotification } from './notification';
import { createSandboxPayment } from './payment';
import { createSandboxScreening } from './screening';
import { createSandboxWarehouse } from './warehouse';

export { createSandboxControl } from './control';
export { deliverDueScans, type DeliveredScans, type DueScan } from './scans';

/** The sandbox's carriers, in the order in which they are asked. */
export const sandboxCarriers = ['nordpost', 'hansa-kurier'] as const;

/**
 * The parties of a sandbox deployment, whose books are in the schema `sandbox`.
 *
 * @param database - a pool of the parties' own, so that what they commit is theirs whatever becomes of our transaction
 * @param times - the carriers' clock and how soon their scans are due, in milliseconds after the hand-over
 */
export function createSandboxParties(database: Database, times: Partial<CarrierTimes> = {}): Parties {
  const script = new FaultScript(database);
  const books = new Books(database, script);
  const carrierTimes = { now: () => new Date(), inTransitAfterMs: 1000, deliveredAfterMs: 3000, ...times };
  return {
    screening: createSandboxScreening(script),
    inventory: createSandboxInventory(script),
    payment: createSandboxPayment(books, script),
    warehouse: createSandboxWarehouse(books),
    carriers: sandboxCarriers.map((carrier) => createSandboxCarrier(carrier, books, carrierTimes)),
    notification: createSandboxNotification(books),
  };
}
