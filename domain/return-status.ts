/**
 * The life of a return, as one table: each status, what it means and which statuses may follow. The database refuses any
 * other move.
 */
export const returnStatusTable = {
  requested: { meaning: 'asked for; staff decide', next: ['authorised', 'rejected'] },
  authorised: { meaning: 'the goods may be sent back; awaited until a deadline', next: ['received', 'expired'] },
  received: { meaning: 'the goods are at the warehouse, to be inspected', next: ['inspected'] },
  inspected: { meaning: 'what came back and what is refunded is decided', next: ['refunded', 'closed'] },
  refunded: { meaning: 'what was decided is refunded', next: [] },
  closed: { meaning: 'inspected, and nothing is refunded', next: [] },
  rejected: { meaning: 'staff refused it', next: [] },
  expired: { meaning: 'the goods did not come before the deadline', next: [] },
} as const satisfies Record<string, { meaning: string; next: readonly string[] }>;

export type ReturnStatus = keyof typeof returnStatusTable;

export const returnStatuses = Object.keys(returnStatusTable) as [ReturnStatus, ...ReturnStatus[]];

/** The statuses that may follow `status`. */
export const nextReturnStatuses = (status: ReturnStatus): readonly ReturnStatus[] => returnStatusTable[status].next;

/** Whether a return may move from one status to another. */
export const mayReturnMove = (from: ReturnStatus, to: ReturnStatus): boolean => nextReturnStatuses(from).includes(to);

/** The statuses in which a return has ended. */
export const endedReturnStatuses = returnStatuses.filter((status) => nextReturnStatuses(status).length === 0);

/** Whether a return with that status has ended. */
export const hasReturnEnded = (status: ReturnStatus): boolean => endedReturnStatuses.includes(status);
