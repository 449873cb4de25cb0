import { PartyRefused, type InventoryPort } from '../../adapters/ports';
import type { AllocatedParcel, Reservation, StepInput } from '../../contracts/workflow/order';
import { allocate, partByStock, type Demand, type ParcelPlan } from '../../domain/allocation';
import { idempotencyKey, type StepId } from '../../domain/step-kinds';
import type { Transaction } from '../../infra/database/client';
import { dropUnits, orderChanged, readLines } from './dropped-units';
import { runForward, runUndo } from '../ledger/run-step';
import { holdUnits, lockShelves, releaseShelves } from './shelves';
import type { Applied, StepLedger } from '../ledger/step-ledger';

interface Deps {
  ledger: StepLedger;
  inventory: InventoryPort;
}

/** What becomes of units that cannot be had: the reservation is refused, or they are dropped from the order. */
type Shortfall = 'refuse' | 'drop';

/** Sets stock aside for an order and frees it. Stock is our own: its effect shares the ledger's transaction. */
export function createInventoryActivities({ ledger, inventory }: Deps) {
  return {
    /**
     * Reserves the units of the order, split over as few parcels as can be. Units that are there, but for which an older
     * order waits that can have all it wants, are left to it. Refused: `out_of_stock`, if not all can be had, or with
     * `drop` if nothing can; with `drop` what is missing is dropped from the order, which is priced again.
     */
    async reserveStock({ shortfall, ...input }: StepInput & { shortfall: Shortfall }): Promise<Reservation> {
      const { orderId, leg = 1, limits } = input;
      const id = reservation(leg);
      const order = await ledger.orderRef(orderId);
      const guarded: StepLedger['apply'] = (forward) =>
        inventory.around('reserve', { key: idempotencyKey(orderId, id), order }, () => ledger.apply(forward));
      return runForward<void, Reservation>({ apply: guarded }, 'inventory', limits, {
        orderId,
        id,
        request: () => ({ leg }),
        perform: () => Promise.resolve(),
        recordIn: (tx) => reserve(tx, { orderId, leg }, shortfall),
      });
    },

    /** Frees what the leg still holds on the shelf. */
    async releaseStock({ orderId, leg = 1, limits }: StepInput): Promise<void> {
      const id = reservation(leg);
      const order = await ledger.orderRef(orderId);
      const guarded: StepLedger['undo'] = (undo) =>
        inventory.around('release', { key: idempotencyKey(orderId, id), order }, () => ledger.undo(undo));
      await runUndo({ undo: guarded }, 'inventory', limits, {
        orderId,
        id,
        record: async (tx) => {
          await releaseShelves(tx, { orderId, leg });
          return { note: 'stock released' };
        },
      });
    },
  };
}

const reservation = (leg: number): StepId<'reserve-stock'> => ({ kind: 'reserve-stock', leg });

async function reserve(
  tx: Transaction,
  { orderId, leg }: { orderId: string; leg: number },
  shortfall: Shortfall,
): Promise<Applied<Reservation>> {
  const order = await readLines(tx, orderId);
  const wanted = order.lines
    .map(({ sku, quantity, droppedQuantity }) => ({ sku, quantity: quantity - droppedQuantity }))
    .filter(({ quantity }) => quantity > 0);
  const { supply, free } = await lockShelves(
    tx,
    orderId,
    wanted.map(({ sku }) => sku),
  );
  const { available, missing } = partByStock(wanted, free);
  const plan = missing.length > 0 && shortfall === 'refuse' ? undefined : allocate(available, supply);
  if (plan === undefined) throw new PartyRefused('inventory', 'out_of_stock', shortage(missing, wanted));
  const parcels = plan.map((parcel) => named(orderId, leg, parcel));
  await holdUnits(tx, { orderId, leg }, parcels);
  const applied = (reservation: Reservation): Applied<Reservation> => ({
    result: reservation,
    status: leg === 1 ? 'reserved' : 'authorised',
    events: reservedEvents(parcels),
  });
  if (missing.length === 0) return applied({ parcels, dropped: [], grand: order.grand });
  const grand = await dropUnits(tx, orderId, order, missing);
  const change = orderChanged(reservation(leg), missing, grand);
  return {
    ...applied({ parcels, dropped: missing, grand }),
    ...change,
    events: [...change.events, ...reservedEvents(parcels)],
  };
}

/** A parcel takes its name from its warehouse, so that the order and the leg alone identify it. */
function named(orderId: string, leg: number, { warehouse, lines }: ParcelPlan): AllocatedParcel {
  const suffix = leg === 1 ? warehouse : `${warehouse}_${leg}`;
  return { parcel: warehouse, warehouse, lines, shipmentId: `${orderId.replace(/^ord_/, 'shp_')}_${suffix}` };
}

function shortage(missing: readonly Demand[], wanted: readonly Demand[]): string {
  const short = missing.map(({ sku, quantity }) => {
    const all = wanted.find((line) => line.sku === sku)?.quantity ?? quantity;
    return `${all} × ${sku} wanted, ${all - quantity} available`;
  });
  return `out of stock: ${short.join('; ')}`;
}

const reservedEvents = (parcels: AllocatedParcel[]) => [
  { topic: 'orders.reserved' as const, version: 1, data: {} },
  {
    topic: 'inventory.reserved' as const,
    version: 1,
    data: { parcels: parcels.map(({ shipmentId, warehouse, lines }) => ({ shipmentId, warehouse, lines })) },
  },
];
