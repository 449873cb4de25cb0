import { PartyRefused, type CarrierPort } from '../../adapters/ports';
import { idempotencyKey, steps } from '../../domain/steps';
import { askWithoutLimit, type StepLimits } from '../ledger/run-step';
import type { StepLedger } from '../ledger/step-ledger';

interface Deps {
  ledger: StepLedger;
  carriers: readonly CarrierPort[];
}

/** Finds out which parcels never left, where handing them over was given up. */
export function createGiveUpHandOverActivities({ ledger, carriers }: Deps) {
  return {
    /**
     * Asks each booked parcel's carrier to cancel. One that refuses has the parcel; one that cancels will never have it.
     * A parcel that is not booked any more was given up before.
     *
     * @returns the parcels that no carrier has
     */
    async giveUpHandOver({ orderId, leg, limits }: { orderId: string; leg: number; limits: StepLimits }) {
      const order = await ledger.orderRef(orderId);
      const parcels = await ledger.database.sql.query<{ parcel: string; status: string; carrier: string }>`
        SELECT warehouse AS parcel, status, carrier FROM orders.shipment
        WHERE order_id = ${orderId} AND leg = ${leg} AND status IN ('booked', 'packed', 'returned_to_shelf')
        ORDER BY warehouse`;
      const left = parcels.map(async ({ parcel, status, carrier }) => {
        if (status !== 'booked') return [parcel];
        const port = carriers.find((each) => each.carrier === carrier);
        if (port === undefined) throw new Error(`there is no carrier ${carrier}`);
        const key = idempotencyKey(orderId, steps.book(parcel, leg));
        return (await cancelled(port.cancel({ key, order }))) ? [parcel] : [];
      });
      return (await askWithoutLimit('shipping', limits, Promise.all(left))).flat();
    },
  };
}

async function cancelled(call: Promise<void>): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (error) {
    if (error instanceof PartyRefused) return false;
    throw error;
  }
}
