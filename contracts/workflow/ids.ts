import { stepName, type StepId } from '../../domain/step-kinds';

/** The id of the Temporal workflow that fulfils an order. */
export const workflowIdOf = (orderId: string): string => `order-${orderId}`;

/** The id of the Temporal workflow that follows a return. */
export const returnWorkflowIdOf = (returnId: string): string => `return-${returnId}`;

/** The id of the Temporal workflow that undoes an effect which arrived after its order had been undone, or went on. */
export const undoWorkflowIdOf = (orderId: string, step: StepId): string => `undo-${orderId}/${stepName(step)}`;
