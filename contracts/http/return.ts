import { z } from 'zod';
import { returnStatuses } from '../../domain/return-status';
import { money } from './money';
import { orderId, placeOrder } from './order';
import { optional, severalLines, sku, warehouseCode } from './text';

/** A return's id as the server gives it: `ret_` and 26 characters of a TypeID. */
export const returnId = z
  .string()
  .regex(/^ret_[0-9a-z]{26}$/, 'must be a return id, for example ret_01h455vb4pex5vsknk084sn02q');

/** The body of `POST /v1/orders/{orderId}/returns`. */
export const requestReturn = z.strictObject({
  lines: placeOrder.shape.lines,
  reason: severalLines(500),
});

export type RequestReturn = z.infer<typeof requestReturn>;

/** The body of staff's decisions that need no more than a note. */
export const returnDecision = z.strictObject({ note: optional(severalLines(500)) });

const units = z.int('must be a whole number').min(0, 'must not be negative').max(10_000, 'must be at most 10000');

/** The body of `POST /v1/returns/{returnId}/inspect`: a line left out did not come back. */
export const inspectReturn = returnDecision.extend({
  lines: z
    .array(
      z.strictObject({
        sku,
        restocked: units,
        writtenOff: units.default(0),
        warehouse: optional(warehouseCode),
      }),
    )
    .max(100, 'must have at most 100 lines'),
  refund: money.optional(),
});

export type InspectReturn = z.infer<typeof inspectReturn>;

/** A return as the API shows it. */
export const returnResource = z.strictObject({
  id: returnId,
  orderId,
  status: z.enum(returnStatuses),
  lines: z.array(
    z.strictObject({
      sku,
      quantity: z.int(),
      restocked: z.int(),
      writtenOff: z.int(),
      warehouse: warehouseCode.nullable(),
    }),
  ),
  refund: z.strictObject({
    /** What the units that came back are worth; null before they are inspected. */
    due: money.nullable(),
    /** What was decided to be refunded. */
    decided: money.nullable(),
    refundedAt: z.iso.datetime().nullable(),
  }),
  requestedAt: z.iso.datetime(),
  receiveBy: z.iso.datetime().nullable(),
  updatedAt: z.iso.datetime(),
  links: z.strictObject({ self: z.string(), order: z.string() }),
});

export type ReturnResource = z.infer<typeof returnResource>;
