import type { Units, WarehousePort } from '../../adapters/ports';
import type { StepInput } from '../../contracts/workflow/order';
import { stepName, type StepId } from '../../domain/step-kinds';
import { Prisma } from '../../infra/database/generated/client';
import type { Transaction } from '../../infra/database/client';
import { runForward, runUndo } from '../ledger/run-step';
import type { StepLedger } from '../ledger/step-ledger';

interface Deps {
  ledger: StepLedger;
  warehouse: WarehousePort;
}

/** A parcel of a leg. */
interface Parcel {
  orderId: string;
  leg: number;
  parcel: string;
}

const packing = ({ leg, parcel }: Parcel): StepId<'pack'> => ({ kind: 'pack', leg, parcel });

/** Packs parcels, which moves their units out of on hand and reserved, and puts them back on the shelf. */
export function createWarehouseActivities({ ledger, warehouse }: Deps) {
  return {
    /** Picks and packs a parcel; the last one makes the order `packed`. Refused: `packing_refused`. */
    async packParcel({ orderId, leg = 1, parcel = '', limits }: StepInput): Promise<null> {
      const where = { orderId, leg, parcel };
      return runForward<Packed, null>(ledger, 'warehouse', limits, {
        orderId,
        id: packing(where),
        request: ({ read }) => read,
        reading: contentsOf(where),
        perform: async (call, { read }) => {
          const { shipmentId, lines } = read as Contents;
          return { shipmentId, lines, ...(await warehouse.pack({ ...call, warehouse: parcel, lines })) };
        },
        recordIn: async (tx, { shipmentId, lines, reference }) => {
          const last = await takeOffShelf(tx, where, shipmentId);
          return {
            result: null,
            providerReference: reference,
            status: last ? 'packed' : undefined,
            events: [
              {
                topic: 'warehouse.packed' as const,
                version: 1,
                data: { shipmentId, warehouse: parcel, lines: lines.map((line) => ({ ...line })) },
              },
              ...(last ? [{ topic: 'orders.packed' as const, version: 1, data: {} }] : []),
            ],
          };
        },
      });
    },

    /** Puts a packed parcel's units back on their shelf, reserved as they were. */
    async returnToShelf({ orderId, leg = 1, parcel = '', limits }: StepInput): Promise<void> {
      const where = { orderId, leg, parcel };
      await runUndo(ledger, 'warehouse', limits, {
        orderId,
        id: packing(where),
        revert: (call) => warehouse.returnToShelf(call),
        record: async (tx) => {
          await putBackOnShelf(tx, where);
          return { note: 'goods back on the shelf' };
        },
      });
    },
  };
}

/** What a parcel holds. */
interface Contents {
  shipmentId: string;
  lines: Units[];
}

type Packed = Contents & { reference: string };

const contentsOf = ({ leg, parcel }: Parcel): Prisma.Sql => Prisma.sql`(
  SELECT jsonb_build_object('shipmentId', s.id, 'lines', (
    SELECT jsonb_agg(jsonb_build_object('sku', l.sku, 'quantity', l.quantity) ORDER BY l.sku)
    FROM orders.shipment_line l WHERE l.shipment_id = s.id))
  FROM orders.shipment s WHERE s.order_id = o.id AND s.leg = ${leg} AND s.warehouse = ${parcel})`;

/** Moves the parcel's units out of stock; tells whether no parcel of the leg is left to pack. */
async function takeOffShelf(tx: Transaction, parcel: Parcel, shipmentId: string): Promise<boolean> {
  await moveUnits(tx, parcel, 'pack');
  const [row] = await tx.query<{ last: boolean }>`
    WITH packed AS (UPDATE orders.shipment SET status = 'packed' WHERE id = ${shipmentId})
    SELECT NOT EXISTS (
      SELECT FROM orders.shipment
      WHERE order_id = ${parcel.orderId} AND leg = ${parcel.leg} AND id <> ${shipmentId} AND status = 'allocated'
    ) AS last`;
  return row?.last ?? false;
}

async function putBackOnShelf(tx: Transaction, parcel: Parcel): Promise<void> {
  await moveUnits(tx, parcel, 'return_to_shelf');
  await tx.query`
    UPDATE orders.shipment SET status = 'returned_to_shelf'
    WHERE order_id = ${parcel.orderId} AND leg = ${parcel.leg} AND warehouse = ${parcel.parcel}`;
}

/** Moves a parcel's units between its box and its shelf, in sku order, and writes the movements. */
async function moveUnits(tx: Transaction, where: Parcel, kind: 'pack' | 'return_to_shelf'): Promise<void> {
  const { orderId, leg, parcel } = where;
  const sign = kind === 'pack' ? -1 : 1;
  await tx.query`
    WITH unit AS (
      SELECT s.sku, s.warehouse, l.quantity
      FROM orders.shipment p JOIN orders.shipment_line l ON l.shipment_id = p.id
      JOIN inventory.stock_level s ON s.sku = l.sku AND s.warehouse = p.warehouse
      WHERE p.order_id = ${orderId} AND p.leg = ${leg} AND p.warehouse = ${parcel}
      ORDER BY s.sku FOR UPDATE OF s
    ), level AS (
      UPDATE inventory.stock_level s
      SET on_hand = on_hand + ${sign}::int * u.quantity, reserved = reserved + ${sign}::int * u.quantity
      FROM unit u WHERE s.sku = u.sku AND s.warehouse = u.warehouse
    ), reservation AS (
      UPDATE inventory.reservation r SET held = held + ${sign}::int * u.quantity
      FROM unit u WHERE r.order_id = ${orderId} AND r.leg = ${leg} AND r.sku = u.sku AND r.warehouse = u.warehouse
    )
    INSERT INTO inventory.stock_movement (sku, warehouse, kind, change, order_id, step)
    SELECT sku, warehouse, ${kind}, ${sign}::int * quantity, ${orderId}, ${stepName(packing(where))} FROM unit`;
}
