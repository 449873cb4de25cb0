import type { Party } from '../../domain/step-kinds';

/** The task queue of workflows, and of the activities that need nothing but our own books. */
export const FULFILMENT_TASK_QUEUE = 'fulfilment';

/** The task queue of the activities that ask a party. */
export const taskQueueOf = (party: Party): string => `${FULFILMENT_TASK_QUEUE}-${party}`;
