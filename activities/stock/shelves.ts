import type { AllocatedParcel, Reservation } from '../../contracts/workflow/order';
import { unitsBySku, type Supply } from '../../domain/allocation';
import { satisfiable, without } from '../../domain/backorders';
import { readWaiting } from '../../books/backorders';
import type { Transaction } from '../../infra/database/client';

/** What an order may take off the shelves, which stay locked until the transaction ends. */
export interface Shelves {
  supply: Supply[];
  /** Units by sku: what is available, without what older orders wait for and can have. */
  free: ReadonlyMap<string, number>;
}

/** Locks the shelves of some skus, in the order of sku and warehouse, and reads what an order may take of them. */
export async function lockShelves(tx: Transaction, orderId: string, skus: readonly string[]): Promise<Shelves> {
  const supply = await tx.query<Supply & { olderWait: boolean }>`
    SELECT sku, warehouse, on_hand - reserved AS available, on_hand > reserved AND EXISTS (
      SELECT FROM inventory.back_order_line w WHERE w.sku = s.sku AND w.order_id < ${orderId}
    ) AS "olderWait"
    FROM inventory.stock_level s
    WHERE sku = ANY(${[...skus]}) ORDER BY sku, warehouse FOR UPDATE`;
  const units = unitsBySku(supply);
  if (!supply.some(({ olderWait }) => olderWait)) return { supply, free: units };
  const { orders, available } = await readWaiting(tx, orderId);
  return { supply, free: without(units, satisfiable(orders, available)) };
}

/** Holds the units of parcels on their shelves, which are locked, and makes the parcels' shipments. */
export async function holdUnits(
  tx: Transaction,
  { orderId, leg }: { orderId: string; leg: number },
  parcels: Reservation['parcels'],
): Promise<void> {
  await tx.query`
    WITH unit AS (
      SELECT * FROM jsonb_to_recordset(${JSON.stringify(parcels.flatMap(unitsIn))}::jsonb)
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

const unitsIn = ({ shipmentId, warehouse, lines }: AllocatedParcel) =>
  lines.map((line) => ({ shipmentId, warehouse, ...line }));

/** Frees what a leg still holds on the shelves: in one warehouse, or in all. */
export async function releaseShelves(
  tx: Transaction,
  { orderId, leg, warehouse = null }: { orderId: string; leg: number; warehouse?: string | null },
): Promise<void> {
  await tx.query`
    WITH freed AS (
      SELECT s.sku, s.warehouse, r.held
      FROM inventory.stock_level s
      JOIN inventory.reservation r ON r.sku = s.sku AND r.warehouse = s.warehouse
      WHERE r.order_id = ${orderId} AND r.leg = ${leg} AND r.held > 0
        AND (${warehouse}::text IS NULL OR r.warehouse = ${warehouse})
      ORDER BY s.sku, s.warehouse FOR UPDATE OF s
    ), level AS (
      UPDATE inventory.stock_level s SET reserved = reserved - f.held
      FROM freed f WHERE s.sku = f.sku AND s.warehouse = f.warehouse
    )
    UPDATE inventory.reservation r SET held = 0
    FROM freed f WHERE r.order_id = ${orderId} AND r.leg = ${leg} AND r.sku = f.sku AND r.warehouse = f.warehouse`;
}
