import {
  CANCEL_ORDER,
  DECIDE_REVIEW,
  RESOLVE_STUCK_STEP,
  STOCK_ARRIVED,
  type CancelAnswer,
  type Decision,
  type ReviewDecision,
  type StuckAction,
  type StuckResolution,
} from '../../contracts/workflow/order';
import type { SandboxControl, SandboxLedger } from '../../contracts/http/sandbox';
import type { OrderStatus } from '../../domain/order-status';
import type { Database } from '../../infra/database/client';
import { pendingSteps } from '../../workflow-client/pending-steps';
import { eventually } from './eventually';
import type { TestTemporal } from './temporal';

const WITHIN_MS = 30_000;
const EVERY_MS = 40;

const CUSTOMER: Decision = { actor: { type: 'customer', id: 'cus_1' }, noteId: null };
const STAFF: Decision = { actor: { type: 'support', id: 'sup_1' }, noteId: null };

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
  untilStep(step: string, state: 'applied' | 'undone'): Promise<void>;
  cancel(by?: 'customer' | 'staff'): Promise<CancelAnswer>;
  free(step: string, action: StuckAction): Promise<void>;
  decide(decision: ReviewDecision['decision']): Promise<void>;
  stockArrived(): Promise<void>;
  /** Takes the order's faults, of all operations or of one, out of the script: its parties are well again, and those of others stay as they are. */
  heal(operation?: string): Promise<void>;
}

interface Deps {
  database: Database;
  temporal: TestTemporal;
  sandbox: SandboxControl;
}

/** Watches an order whose workflow was started. */
export function watchOrder(
  { database, temporal, sandbox }: Deps,
  { orderId, clientReference }: { orderId: string; clientReference: string },
): LiveOrder {
  const handle = temporal.handle(orderId);
  const until = async <T>(read: () => Promise<T>, condition: (value: T) => boolean): Promise<T> =>
    eventually(read, condition, WITHIN_MS, EVERY_MS);
  const status = async () => (await database.order.findUniqueOrThrow({ where: { id: orderId } })).status;
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
    cancel: (by = 'customer') =>
      handle.executeUpdate<CancelAnswer, [Decision]>(CANCEL_ORDER, { args: [by === 'staff' ? STAFF : CUSTOMER] }),
    free: (step, action) =>
      handle.executeUpdate<void, [StuckResolution]>(RESOLVE_STUCK_STEP, { args: [{ ...STAFF, step, action }] }),
    decide: (decision) =>
      handle.executeUpdate<void, [ReviewDecision]>(DECIDE_REVIEW, { args: [{ ...STAFF, decision }] }),
    stockArrived: () => handle.signal(STOCK_ARRIVED),
    heal: async (operation) => {
      const match = { path: ['clientReference'], equals: clientReference };
      await database.sandboxFault.deleteMany({ where: { match, ...(operation !== undefined && { operation }) } });
    },
  };
}
