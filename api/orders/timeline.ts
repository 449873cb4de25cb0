import { z } from 'zod';
import { orderStatuses, type OrderStatus } from '../../domain/order-status';
import type { TimelineRecord } from './books';

/** An entry of an order's timeline as the API shows it. */
export const timelineItem = z.strictObject({
  at: z.iso.datetime(),
  step: z.string().nullable(),
  status: z.enum(orderStatuses).nullable(),
  actor: z.strictObject({ type: z.string(), id: z.string() }),
  reason: z.string().nullable(),
  note: z.string().nullable(),
});

export type TimelineItem = z.infer<typeof timelineItem>;

export const toTimelineItem = ({
  at,
  step,
  status,
  actorType,
  actorId,
  reason,
  note,
}: TimelineRecord): TimelineItem => ({
  at: at.toISOString(),
  step,
  status: status as OrderStatus | null,
  actor: { type: actorType, id: actorId },
  reason,
  note,
});
