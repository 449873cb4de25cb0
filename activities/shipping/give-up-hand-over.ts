import { PartyRefused, type CarrierPort } from '../../adapters/ports';
import type { StepInput } from '../../contracts/workflow/order';
import { idempotencyKey } from '../../domain/step-kinds';
import { askWithoutLimit } from '../ledger/run-step';
import type { StepLedger } from '../ledger/step-ledger';

interface Deps {
  ledger: StepLedger;
  carriers: readonly CarrierPort[];
}

/** Finds out which parcels never left, where they are not to be handed over any more. */
export function createGiveUpHandOverActivities({ ledger, carriers }: Deps) {
  return {
    /**
     * Asks each booked parcel's carrier to cancel. One that refuses has the parcel; one that cancels will never have it.
     * A parcel that is not booked any more was cancelled before.
     *
     * @returns the parcels that no carrier has
     */
    async giveUpHandOver({ orderId, leg = 1, limits }: StepInput): Promise<string[]> {
      const order = await ledger.orderRef(orderId);
      const parcels = await ledger.database.sql.query<{ parcel: string; status: string; carrier: string }>`
        SELECT warehouse AS parcel, status, carrier FROM orders.shipment
        WHERE order_id = ${orderId} AND leg = ${leg} AND status IN ('booked', 'packed', 'returned_to_shelf')
        ORDER BY warehouse`;
      const left = parcels.map(async ({ parcel, status, carrier }) => {
        if (status !== 'booked') return [parcel];
        const port = carriers.find((each) => each.carrier === carrier);
        if (port === undefined) throw new Error(`there is no carrier ${carrier}`);
        const key = idempotencyKey(orderId, { kind: 'book', leg, parcel });
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
