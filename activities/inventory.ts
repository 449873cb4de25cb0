import { PartyRefused, type InventoryPort } from '../adapters/ports';
import type { AllocatedParcel } from '../contracts/saga';
import { allocate, type Demand, type ParcelPlan, type Supply } from '../domain/allocation';
import { idempotencyKey, steps } from '../domain/steps';
import type { Transaction } from '../infra/database/client';
import { runForward, runUndo, type StepLimits } from './run-step';
import type { StepLedger } from './step-ledger';

interface Deps {
  ledger: StepLedger;
  inventory: InventoryPort;
}

/** Sets stock aside for an order and frees it. Stock is our own: its effect shares the ledger's transaction. */
export function createInventoryActivities({ ledger, inventory }: Deps) {
  return {
    /** Reserves all units of the order, split over as few parcels as can be. Refused: `out_of_stock`. */
    async reserveStock({ orderId, leg, limits }: { orderId: string; leg: number; limits: StepLimits }) {
      const step = steps.reserveStock(leg);
      const order = await ledger.orderRef(orderId);
      const guarded: StepLedger['apply'] = (forward) =>
        inventory.around('reserve', { key: idempotencyKey(orderId, step), order }, () => ledger.apply(forward));
      return runForward<void, AllocatedParcel[]>({ apply: guarded }, 'inventory', limits, {
        orderId,
        step,
        leg,
        request: { leg },
        perform: () => Promise.resolve(),
        recordIn: async (tx) => {
          const parcels = await reserve(tx, orderId, leg);
          return { result: parcels, status: 'reserved', events: reservedEvents(parcels) };
        },
      });
    },

    /** Frees what the leg still holds on the shelf. */
    async releaseStock({ orderId, leg, limits }: { orderId: string; leg: number; limits: StepLimits }): Promise<void> {
      const step = steps.reserveStock(leg);
      const order = await ledger.orderRef(orderId);
      const guarded: StepLedger['undo'] = (undo) =>
        inventory.around('release', { key: idempotencyKey(orderId, step), order }, () => ledger.undo(undo));
      await runUndo({ undo: guarded }, 'inventory', limits, {
        orderId,
        step,
        record: async (tx) => {
          await release(tx, orderId, leg);
          return { note: 'stock released' };
        },
      });
    },
  };
}

async function reserve(tx: Transaction, orderId: string, leg: number): Promise<AllocatedParcel[]> {
  const demand = await tx.query<Demand>`
    SELECT sku, quantity - dropped_quantity AS quantity FROM orders.order_line
    WHERE order_id = ${orderId} AND quantity > dropped_quantity ORDER BY position`;
  const supply = await tx.query<Supply>`
    SELECT sku, warehouse, on_hand - reserved AS available FROM inventory.stock_level
    WHERE sku = ANY(${demand.map(({ sku }) => sku)}) ORDER BY sku, warehouse FOR UPDATE`;
  const plan = allocate(demand, supply);
  if (plan === undefined) throw new PartyRefused('inventory', 'out_of_stock', shortage(demand, supply));
  const parcels = plan.map((parcel) => named(orderId, leg, parcel));
  await store(tx, orderId, leg, parcels);
  return parcels;
}

/** A parcel takes its name from its warehouse, so that it can be told from the order and the leg alone. */
function named(orderId: string, leg: number, { warehouse, lines }: ParcelPlan): AllocatedParcel {
  const suffix = leg === 1 ? warehouse : `${warehouse}_${leg}`;
  return { parcel: warehouse, warehouse, lines, shipmentId: `${orderId.replace(/^ord_/, 'shp_')}_${suffix}` };
}

async function store(tx: Transaction, orderId: string, leg: number, parcels: AllocatedParcel[]): Promise<void> {
  const rows = parcels.flatMap(({ shipmentId, warehouse, lines }) =>
    lines.map((line) => ({ shipmentId, warehouse, ...line })),
  );
  await tx.query`
    WITH unit AS (
      SELECT * FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
        AS u("shipmentId" text, warehouse text, sku text, quantity int)
    ), level AS (
      UPDATE inventory.stock_level s SET reserved = reserved + u.quantity
      FROM unit u WHERE s.sku = u.sku AND s.warehouse = u.warehouse
    ), reservation AS (
      INSERT INTO inventory.reservation (order_id, leg, sku, warehouse, quantity, held)
      SELECT ${orderId}, ${leg}, sku, warehouse, quantity, quantity FROM unit
    ), shipment AS (
      INSERT INTO orders.shipment (id, order_id, leg, warehouse)
      SELECT DISTINCT "shipmentId", ${orderId}, ${leg}::int, warehouse FROM unit
    )
    INSERT INTO orders.shipment_line (shipment_id, sku, quantity) SELECT "shipmentId", sku, quantity FROM unit`;
}

async function release(tx: Transaction, orderId: string, leg: number): Promise<void> {
  await tx.query`
    WITH freed AS (
      SELECT s.sku, s.warehouse, r.held
      FROM inventory.stock_level s
      JOIN inventory.reservation r ON r.sku = s.sku AND r.warehouse = s.warehouse
      WHERE r.order_id = ${orderId} AND r.leg = ${leg} AND r.held > 0
      ORDER BY s.sku, s.warehouse FOR UPDATE OF s
    ), level AS (
      UPDATE inventory.stock_level s SET reserved = reserved - f.held
      FROM freed f WHERE s.sku = f.sku AND s.warehouse = f.warehouse
    )
    UPDATE inventory.reservation SET held = 0 WHERE order_id = ${orderId} AND leg = ${leg}`;
}

function shortage(demand: readonly Demand[], supply: readonly Supply[]): string {
  const short = demand.flatMap(({ sku, quantity }) => {
    const available = supply.filter((each) => each.sku === sku).reduce((total, each) => total + each.available, 0);
    return available < quantity ? [`${quantity} × ${sku} wanted, ${available} available`] : [];
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
