import type { Units, WarehousePort } from '../../adapters/ports';
import { steps } from '../../domain/steps';
import type { Transaction } from '../../infra/database/client';
import { runForward, runUndo, type StepLimits } from '../ledger/run-step';
import type { StepLedger } from '../ledger/step-ledger';

interface Deps {
  ledger: StepLedger;
  warehouse: WarehousePort;
}

/** Which parcel of which leg a step is about. */
export interface ParcelStep {
  orderId: string;
  leg: number;
  parcel: string;
  shipmentId: string;
  limits: StepLimits;
}

/** Packs parcels, which moves their units out of on hand and reserved, and puts them back on the shelf. */
export function createWarehouseActivities({ ledger, warehouse }: Deps) {
  return {
    /** Picks and packs a parcel; the last one makes the order `packed`. Refused: `packing_refused`. */
    async packParcel({ lines, ...input }: ParcelStep & { lines: Units[] }): Promise<void> {
      const { orderId, leg, parcel, shipmentId, limits } = input;
      await runForward(ledger, 'warehouse', limits, {
        orderId,
        leg,
        step: steps.pack(parcel, leg),
        request: { shipmentId, lines },
        perform: (call) => warehouse.pack({ ...call, warehouse: parcel, lines }),
        withdraw: (call) => warehouse.returnToShelf(call),
        recordIn: async (tx, { reference }) => {
          const last = await takeOffShelf(tx, input);
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
    async returnToShelf(input: ParcelStep): Promise<void> {
      const { orderId, leg, parcel, limits } = input;
      await runUndo(ledger, 'warehouse', limits, {
        orderId,
        step: steps.pack(parcel, leg),
        revert: (call) => warehouse.returnToShelf(call),
        record: async (tx) => {
          await putBackOnShelf(tx, input);
          return { note: 'goods back on the shelf' };
        },
      });
    },
  };
}

/** Moves the parcel's units out of stock; tells whether no parcel of the leg is left to pack. */
async function takeOffShelf(tx: Transaction, { orderId, leg, parcel, shipmentId }: ParcelStep): Promise<boolean> {
  await moveUnits(tx, { orderId, leg, parcel, shipmentId }, 'pack');
  const [row] = await tx.query<{ last: boolean }>`
    WITH packed AS (UPDATE orders.shipment SET status = 'packed' WHERE id = ${shipmentId})
    SELECT NOT EXISTS (
      SELECT FROM orders.shipment
      WHERE order_id = ${orderId} AND leg = ${leg} AND id <> ${shipmentId} AND status = 'allocated'
    ) AS last`;
  return row?.last ?? false;
}

async function putBackOnShelf(tx: Transaction, { orderId, leg, parcel, shipmentId }: ParcelStep): Promise<void> {
  await moveUnits(tx, { orderId, leg, parcel, shipmentId }, 'return_to_shelf');
  await tx.query`UPDATE orders.shipment SET status = 'returned_to_shelf' WHERE id = ${shipmentId}`;
}

type Move = 'pack' | 'return_to_shelf';

/** Moves a parcel's units between its box and its shelf, in sku order, and writes the movements. */
async function moveUnits(
  tx: Transaction,
  { orderId, leg, parcel, shipmentId }: Omit<ParcelStep, 'limits'>,
  kind: Move,
): Promise<void> {
  const sign = kind === 'pack' ? -1 : 1;
  await tx.query`
    WITH unit AS (
      SELECT s.sku, s.warehouse, l.quantity
      FROM orders.shipment_line l
      JOIN inventory.stock_level s ON s.sku = l.sku AND s.warehouse = ${parcel}
      WHERE l.shipment_id = ${shipmentId}
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
    SELECT sku, warehouse, ${kind}, ${sign}::int * quantity, ${orderId}, ${steps.pack(parcel, leg)} FROM unit`;
}
