import { randomUUID } from 'node:crypto';
import { refusals, type Decision, type ReviewDecision, type UpdateName } from '../../contracts/workflow/decisions';
import { workflowIdOf } from '../../contracts/workflow/ids';
import type { SandboxControl, SandboxLedger } from '../../contracts/http/sandbox';
import type { OrderStatus } from '../../domain/order-status';
import type { StuckAction } from '../../domain/step-kinds';
import type { Database } from '../../infra/database/client';
import { pendingSteps } from '../../workflow-client/pending-steps';
import { isSettled, type SettledOutcome } from '../../workflow-client/updates';
import type { Workflows } from '../../workflow-client/workflows';
import { eventually } from './eventually';
import type { TestTemporal } from './temporal';

/** No slow machine misses it: what takes longer hangs. */
const WITHIN_MS = 240_000;
const EVERY_MS = 40;
const ANSWER_MS = 10_000;

const CUSTOMER: Decision = { actor: { type: 'customer', id: 'cus_1' }, noteId: null };
const STAFF: Decision = { actor: { type: 'support', id: 'sup_1' }, noteId: null };

/** What people are told who cancel an order. */
export interface CancelAnswer {
  outcome: 'accepted' | 'already_cancelling' | 'too_late';
}

const CANCEL_REFUSED: Record<string, CancelAnswer['outcome']> = {
  [refusals.alreadyCancelling]: 'already_cancelling',
  [refusals.tooLate]: 'too_late',
};

/** An order while it goes on: what people see of it and decide about it. */
export interface LiveOrder {
  orderId: string;
  /** Waits until the books say so. */
  untilStatus(status: OrderStatus): Promise<void>;
  /** Waits until the step is on its party's queue, since its first try did not succeed at once. */
  untilPending(step: string): Promise<void>;
  /**
   * Waits until the step is stuck, for the `times`-th time, and the order needs attention, or has the status that it must
   * keep; returns what will free the step.
   */
  untilStuck(step: string, how?: { times?: number; status?: OrderStatus }): Promise<string[]>;
  /** Waits until the parties' books fulfil the condition. */
  untilLedger(condition: (ledger: SandboxLedger) => boolean): Promise<void>;
  /** Waits until the ledger's row of the step has that state. */
  untilStep(step: string, state: 'applied' | 'undoing' | 'undone' | 'skipped'): Promise<void>;
  cancel(by?: 'customer' | 'staff'): Promise<CancelAnswer>;
  free(step: string, action: StuckAction): Promise<void>;
  decide(decision: ReviewDecision['decision']): Promise<void>;
  /** Tells the order's workflow that the books have news. */
  booksMoved(): Promise<void>;
  /** Takes the order's faults, of all operations or of one, out of the script: its parties are well again, and those of others stay as they are. */
  heal(operation?: string): Promise<void>;
}

interface Deps {
  database: Database;
  temporal: TestTemporal;
  sandbox: SandboxControl;
  workflows: Pick<Workflows, 'sendUpdate' | 'tellBooksMoved'>;
}

/** Watches an order whose workflow was started. */
export function watchOrder(
  { database, temporal, sandbox, workflows }: Deps,
  { orderId, clientReference }: { orderId: string; clientReference: string },
): LiveOrder {
  const until = async <T>(read: () => Promise<T>, condition: (value: T) => boolean): Promise<T> =>
    eventually(read, condition, WITHIN_MS, EVERY_MS);
  const status = async () => (await database.order.findUniqueOrThrow({ where: { id: orderId } })).status;
  /** Sends a decision, and again under its id while there is no last word on it, as the sweep does. */
  const decide = async (workflowId: string, update: UpdateName, payload: object): Promise<SettledOutcome> => {
    const sent = { workflowId, update, payload, updateId: randomUUID(), timeoutMs: ANSWER_MS };
    const outcome = await until(
      () => workflows.sendUpdate(sent),
      (answer) => isSettled(answer) || answer.kind === 'absent',
    );
    if (!isSettled(outcome)) throw new Error(`${update}: ${workflowId} does not run`);
    return outcome;
  };
  const row = (step: string) => ({ where: { orderId_step: { orderId, step } } });
  return {
    orderId,
    untilStatus: async (wanted) => {
      await until(status, (is) => is === wanted);
    },
    untilPending: async (step) => {
      const pending = () => pendingSteps(temporal.env.client, orderId, WITHIN_MS);
      await until(pending, (all) => all.some((each) => each.step === step));
    },
    untilStuck: async (step, { times = 1, status: wanted = 'needs_attention' } = {}) => {
      const raised = { where: { orderId, step, note: { startsWith: 'stuck: ' } } };
      await until(
        () => database.timelineEntry.count(raised),
        (count) => count === times,
      );
      const stuck = await until(
        () => database.stuckStep.findUnique(row(step)),
        (found) => found !== null && found.resolvedAt === null,
      );
      await until(status, (is) => is === wanted);
      return stuck?.actions ?? [];
    },
    untilLedger: async (condition) => {
      await until(() => sandbox.ledger(orderId), condition);
    },
    untilStep: async (step, state) => {
      await until(
        () => database.sagaStep.findUnique(row(step)),
        (found) => found?.state === state,
      );
    },
    cancel: async (by = 'customer') => {
      const outcome = await decide(workflowIdOf(orderId), 'cancelOrder', by === 'staff' ? STAFF : CUSTOMER);
      if (outcome.kind === 'answered') return outcome.answer as CancelAnswer;
      return { outcome: CANCEL_REFUSED[outcome.type] ?? rethrown(outcome) };
    },
    free: async (step, action) => {
      const stuck = await database.stuckStep.findUniqueOrThrow(row(step));
      const outcome = await decide(stuck.workflowId, 'resolveStuckStep', { ...STAFF, step, action });
      if (outcome.kind === 'refused') rethrown(outcome);
    },
    decide: async (decision) => {
      const outcome = await decide(workflowIdOf(orderId), 'decideReview', { ...STAFF, decision });
      if (outcome.kind === 'refused') rethrown(outcome);
    },
    booksMoved: () => workflows.tellBooksMoved(workflowIdOf(orderId)),
    heal: async (operation) => {
      const match = { path: ['clientReference'], equals: clientReference };
      await database.sandboxFault.deleteMany({ where: { match, ...(operation !== undefined && { operation }) } });
    },
  };
}

function rethrown({ type, message }: Extract<SettledOutcome, { kind: 'refused' }>): never {
  throw new Error(`${type}: ${message}`);
}
