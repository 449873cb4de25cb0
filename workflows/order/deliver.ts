import { condition, defineSignal, setHandler } from '@temporalio/workflow';
import { CARRIER_SCAN, type CarrierScan } from '../../contracts/workflow/order';
import type { Fulfilment } from './order';
import { PAST_PIVOT } from '../step/step-runner';

/** A carrier's scan of one of the order's parcels. */
export const carrierScan = defineSignal<[CarrierScan]>(CARRIER_SCAN);

/**
 * Follows the carriers' scans until every parcel is delivered. Scans that come before the hand-over is known here wait
 * in the workflow's buffer; a scan that comes twice is passed over. The last one is recorded when nothing is left to be
 * undone, since an order at rest needs nobody.
 */
export async function deliver(fulfilment: Fulfilment): Promise<void> {
  const scans: CarrierScan[] = [];
  setHandler(carrierScan, (scan) => void scans.push(scan));
  const parcels = fulfilment.legParcels.filter(({ status }) => status !== 'delivered');
  const open = new Set(parcels.map(({ shipmentId }) => shipmentId));
  const seen = new Set<string>();
  while (open.size > 0) {
    await condition(() => scans.length > 0);
    const scan = scans.shift();
    if (scan === undefined || !open.has(scan.shipmentId) || seen.has(`${scan.shipmentId} ${scan.status}`)) continue;
    seen.add(`${scan.shipmentId} ${scan.status}`);
    if (scan.status === 'delivered') open.delete(scan.shipmentId);
    if (open.size === 0) await fulfilment.undoneBeside();
    await recordScan(fulfilment, scan);
  }
  fulfilment.progress.moved('delivered', { searchable: true });
  fulfilment.sendMessages();
}

async function recordScan(fulfilment: Fulfilment, { shipmentId, status }: CarrierScan): Promise<void> {
  const parcel = fulfilment.legParcels.find((each) => each.shipmentId === shipmentId)?.parcel ?? shipmentId;
  const summary = `Record that parcel ${parcel} is ${status === 'delivered' ? 'delivered' : 'in transit'}`;
  const input = { orderId: fulfilment.input.orderId, shipmentId, status };
  await fulfilment.step(`scan/${parcel}`, summary, 'recordScan', input, { manners: PAST_PIVOT });
}
