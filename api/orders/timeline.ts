import { z } from 'zod';
import { orderStatuses, type OrderStatus } from '../../domain/order-status';
import type { Role } from '../access/tokens';
import type { TimelineRecord } from './find';

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

/**
 * The entry as a reader of that role sees it: what staff note among themselves is not for the customer, who sees the
 * notes of the saga and their own.
 */
export const toTimelineItem = (
  { at, step, status, actorType, actorId, reason, note }: TimelineRecord,
  reader: Role,
): TimelineItem => ({
  at: at.toISOString(),
  step,
  status: status as OrderStatus | null,
  actor: { type: actorType, id: actorId },
  reason,
  note: reader === 'customer' && STAFF.includes(actorType) ? null : note,
});

const STAFF = ['support', 'admin'];
