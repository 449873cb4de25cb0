import { z } from 'zod';

/** The Kafka topics that the outbox feeds; the key of every event is its order's id. */
export const topics = [
  'orders.created',
  'orders.validated',
  'orders.held',
  'orders.backordered',
  'orders.delayed',
  'orders.changed',
  'orders.reserved',
  'orders.packed',
  'orders.shipped',
  'orders.delivered',
  'orders.returned',
  'orders.undone',
  'inventory.reserved',
  'warehouse.packed',
  'shipping.created',
  'payments.authorised',
  'payments.captured',
  'payments.refunded',
  'payments.voided',
  'saga.compensate',
] as const;

/** An event as it stands in the outbox; `data` holds ids, skus, amounts and codes, never personal data. */
export const orderEvent = z.strictObject({
  topic: z.enum(topics),
  version: z.int().min(1),
  data: z.record(z.string(), z.json()),
});

export type OrderEvent = z.infer<typeof orderEvent>;
