import type { Money } from '../../domain/money';
import type { InspectedLine, ReturnInspection } from '../../contracts/workflow/decisions';
import type { ReturnStanding } from '../../contracts/workflow/return';
import { format } from '../../domain/money';
import { refundDue } from '../../domain/refunds';
import { refundOfReturn, returnName } from '../../domain/step-kinds';
import type { Database, Transaction } from '../../infra/database/client';
import { readReturnable } from '../../books/returnable';
import { lockOrder, writeEntry } from '../ledger/entry';
import { readNote } from '../ledger/notes';
import { decideRefund } from '../payment/refund';
import { readStanding, type ReturnRef } from './move-return';

/** Books what an inspection found. */
export function createInspectionActivities({ database }: { database: Database }) {
  return {
    /**
     * Books the units that came back, puts those to be sold again on their shelves, and decides the refund: what the
     * units are worth, or less if the inspection says so. Safe to repeat: once only a `received` return is inspected.
     */
    async inspectReturn({
      orderId,
      returnId,
      inspection,
    }: ReturnRef & { inspection: ReturnInspection }): Promise<ReturnStanding> {
      return database.sql.transaction(async (tx) => {
        await lockOrder(tx, orderId);
        const before = await readStanding(tx, returnId);
        if (before.status !== 'received') return before;
        const { lines, actor } = inspection;
        const back = lines.map(({ sku, restocked, writtenOff }) => ({ sku, quantity: restocked + writtenOff }));
        const due = refundDue(await readReturnable(tx, orderId), back);
        const amount = { ...due, amount: Math.min(due.amount, inspection.refund?.amount ?? due.amount) };
        await bookUnits(tx, orderId, returnId, lines);
        await tx.query`
          UPDATE orders.return SET status = 'inspected', refundable = ${due.amount}, updated_at = now()
          WHERE id = ${returnId}`;
        if (amount.amount > 0) {
          await decideRefund(tx, {
            orderId,
            step: refundOfReturn(returnId),
            amount,
            cause: 'return',
            returnId,
            decidedBy: actor,
          });
        }
        const text = await readNote(tx, inspection);
        const note = [...lines.map(found), decided(amount, due), ...(text === undefined ? [] : [text])].join('; ');
        await writeEntry(tx, orderId, { step: returnName(returnId), actor, note: `return inspected: ${note}` });
        return readStanding(tx, returnId);
      });
    },
  };
}

/** Writes what came back; shelves are locked in the order of sku and warehouse. */
async function bookUnits(
  tx: Transaction,
  orderId: string,
  returnId: string,
  lines: readonly InspectedLine[],
): Promise<void> {
  await tx.query`
    WITH found AS (
      SELECT * FROM jsonb_to_recordset(${JSON.stringify(lines)}::jsonb)
        AS f(sku text, restocked int, "writtenOff" int, warehouse text)
    ), line AS (
      UPDATE orders.return_line l
      SET restocked = f.restocked, written_off = f."writtenOff",
        warehouse = CASE WHEN f.restocked > 0 THEN f.warehouse END
      FROM found f WHERE l.return_id = ${returnId} AND l.sku = f.sku
      RETURNING l.sku, l.restocked, l.warehouse
    ), level AS (
      INSERT INTO inventory.stock_level AS s (sku, warehouse, on_hand)
      SELECT sku, warehouse, restocked FROM line WHERE restocked > 0 ORDER BY sku, warehouse
      ON CONFLICT (sku, warehouse) DO UPDATE SET on_hand = s.on_hand + excluded.on_hand
    )
    INSERT INTO inventory.stock_movement (sku, warehouse, kind, change, order_id, step)
    SELECT sku, warehouse, 'return', restocked, ${orderId}, ${returnName(returnId)} FROM line WHERE restocked > 0`;
}

const found = ({ sku, restocked, writtenOff, warehouse }: InspectedLine): string =>
  [
    ...(restocked > 0 ? [`${restocked} × ${sku} restocked in ${warehouse}`] : []),
    ...(writtenOff > 0 ? [`${writtenOff} × ${sku} written off`] : []),
    ...(restocked + writtenOff === 0 ? [`no ${sku} came back`] : []),
  ].join(', ');

const decided = (amount: Money, due: Money): string =>
  amount.amount === due.amount ? `to refund: ${format(due)}` : `to refund: ${format(amount)} of ${format(due)} due`;
