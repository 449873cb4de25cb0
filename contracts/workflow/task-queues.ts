/** The outside parties that have a task queue of their own, so that a slow one cannot take the others' slots. */
export const parties = ['screening', 'payment', 'warehouse', 'shipping', 'notification'] as const;

export type Party = (typeof parties)[number];

/** The task queue of workflows, and of the activities that need nothing but our own books. */
export const FULFILMENT_TASK_QUEUE = 'fulfilment';

/** The task queue of the activities that ask a party. */
export const taskQueueOf = (party: Party): string => `${FULFILMENT_TASK_QUEUE}-${party}`;
