import type { InspectReturn } from '../../contracts/http/return';
import type { InspectedLine, ReturnInspection } from '../../contracts/workflow/decisions';
import { format } from '../../domain/money';
import { refundDue } from '../../domain/refunds';
import type { Database } from '../../infra/database/client';
import { readReturnable } from '../../books/returnable';
import { invalid, type FieldError } from '../http/problem';
import type { ReturnRecord } from './resource';

/**
 * An inspection as the return's workflow takes it: units that are restocked without a warehouse named go back to the one
 * that they were packed in. Throws a problem that names each field that does not fit the return.
 */
export async function toInspection(
  database: Database,
  { orderId, status, lines: returned }: ReturnRecord,
  { lines: found, refund }: InspectReturn,
): Promise<Pick<ReturnInspection, 'lines' | 'refund'>> {
  const [known, packedIn] = await Promise.all([warehouses(database), warehousesOf(database, orderId)]);
  const errors: FieldError[] = [];
  const lines = found.map((line, index): InspectedLine => {
    const { sku, restocked, writtenOff } = line;
    const refuse = (field: string, message: string) => errors.push({ field: `lines[${index}].${field}`, message });
    const wanted = returned.find((each) => each.sku === sku);
    const skus = returned.map((each) => each.sku).join(', ');
    if (!wanted) refuse('sku', `must be a sku of the return: ${skus}`);
    if (found.findIndex((each) => each.sku === sku) !== index) refuse('sku', 'must stand in one line only');
    if (wanted && restocked + writtenOff > wanted.quantity) {
      refuse('restocked', `must be at most ${wanted.quantity} together with writtenOff, as many as are returned`);
    }
    const warehouse = line.warehouse ?? packedIn.get(sku) ?? null;
    if (warehouse !== null && !known.includes(warehouse)) refuse('warehouse', `must be one of ${known.join(', ')}`);
    return { sku, restocked, writtenOff, warehouse: restocked > 0 ? warehouse : null };
  });
  if (errors.length === 0 && refund && status === 'received') {
    errors.push(...(await refuseRefund(database, orderId, lines, refund)));
  }
  if (errors.length > 0) throw invalid(errors);
  return { lines, refund: refund ?? null };
}

/** What is wrong with a refund: another currency, or more than the units are worth. */
async function refuseRefund(
  database: Database,
  orderId: string,
  lines: readonly InspectedLine[],
  refund: NonNullable<InspectReturn['refund']>,
): Promise<FieldError[]> {
  const back = lines.map(({ sku, restocked, writtenOff }) => ({ sku, quantity: restocked + writtenOff }));
  const due = refundDue(await readReturnable(database.sql, orderId), back);
  if (refund.currency !== due.currency) return [{ field: 'refund.currency', message: `must be ${due.currency}` }];
  if (refund.amount <= due.amount) return [];
  return [{ field: 'refund.amount', message: `must be at most ${due.amount}: the units are worth ${format(due)}` }];
}

const warehouses = async (database: Database): Promise<string[]> =>
  (await database.warehouse.findMany({ orderBy: { code: 'asc' } })).map(({ code }) => code);

/** Where each sku of the order was packed; of several warehouses the one that packed most of it. */
async function warehousesOf(database: Database, orderId: string): Promise<Map<string, string>> {
  const rows = await database.sql.query<{ sku: string; warehouse: string }>`
    SELECT DISTINCT ON (l.sku) l.sku, s.warehouse
    FROM orders.shipment s JOIN orders.shipment_line l ON l.shipment_id = s.id
    WHERE s.order_id = ${orderId} AND s.status = 'delivered'
    ORDER BY l.sku, l.quantity DESC, s.warehouse`;
  return new Map(rows.map(({ sku, warehouse }) => [sku, warehouse]));
}
