import type { CarrierPort } from '../../adapters/ports';
import { markWoken, ordersToWake } from '../../books/backorders';
import {
  isDue,
  settleDecision,
  unsettledDecisions,
  type StoredDecision,
  type UnsettledDecision,
} from '../../books/decisions';
import { isResting, lateSteps, takeUnheard, type LateStep } from '../../books/left-over';
import { refusals } from '../../contracts/workflow/decisions';
import { workflowIdOf } from '../../contracts/workflow/ids';
import type { CarrierScan } from '../../contracts/workflow/order';
import { isAtRest, type OrderStatus } from '../../domain/order-status';
import { hasReturnEnded, type ReturnStatus } from '../../domain/return-status';
import { idempotencyKey } from '../../domain/step-kinds';
import type { Database } from '../../infra/database/client';
import { recordScan } from '../shipping/record-scan';
import { createRunSweeps, type SweptRuns } from './runs';
import { alive, before, eachOf, MOST_AT_ONCE } from './sweep';

/** The workflows, as the sweeps see them. */
export interface SweptWorkflows extends SweptRuns {
  runningSince(since: Date): AsyncIterable<string>;
  startLateUndo(late: LateStep): Promise<void>;
  /** Sends a decision again under its own id; undefined while there is no last word on it. */
  resend(decision: StoredDecision): Promise<{ kind: string; type?: string } | 'absent' | undefined>;
}

/** How old something is before a sweep takes it for left over, in milliseconds. */
export interface SweepAges {
  /** An accepted order or return without a run. */
  unstartedMs: number;
  /** Books that stand still while their run may lag them. */
  quietMs: number;
  /** A decision that Temporal has not answered, or an undo that is owed. */
  owedMs: number;
  /** A run that was started lately although its order is at rest: somebody reset it. */
  surplusMs: number;
  /** A shipped order whose parcels were not scanned. */
  scanMs: number;
}

interface Deps {
  database: Database;
  carriers: readonly CarrierPort[];
  workflows: SweptWorkflows;
  /** Sends messages that are due, as the relay does. Returns how many were taken. */
  sendMessages(limit: number): Promise<number>;
  ages: SweepAges;
}

/** Finds and repairs what a crash or an outage left over. Each is safe to repeat, and to run while orders go on. */
export function createSweepActivities(deps: Deps) {
  const { database, workflows, sendMessages, ages } = deps;
  return alive({
    ...createRunSweeps({ database, runs: workflows, ages }),

    /** Tells runs of orders at rest that they can close: somebody reset them. Returns how many. */
    async closeSurplusRuns(): Promise<number> {
      let closed = 0;
      for await (const workflowId of workflows.runningSince(before(ages.surplusMs))) {
        if (!(await isResting(database, workflowId.slice(workflowIdOf('').length)))) continue;
        await workflows.tellBooksMoved(workflowId);
        closed += 1;
      }
      return closed;
    },

    /** Starts the undo of every effect that came late. Returns how many are owed. */
    async undoLateEffects(): Promise<number> {
      return eachOf(await lateSteps(database, before(ages.owedMs), MOST_AT_ONCE), (late) =>
        workflows.startLateUndo(late),
      );
    },

    /** Sends decisions again that Temporal has not answered. Returns how many. */
    async settleDecisions(): Promise<number> {
      const unsettled = await unsettledDecisions(database.sql, before(ages.owedMs), MOST_AT_ONCE);
      return eachOf(unsettled, (decision) => settle(deps, decision));
    },

    /** Sends messages that are due, should no relay have sent them. Returns how many. */
    sendOverdueMessages: () => sendMessages(MOST_AT_ONCE),

    /** Asks the carriers about parcels that were not scanned for long. Returns how many scans that brought to light. */
    trackOverdueParcels: () => trackParcels(deps),

    /** Tells the back-ordered orders for which there is stock, oldest first. Returns how many. */
    async wakeBackordered(): Promise<number> {
      return eachOf(await ordersToWake(database), async (orderId) => {
        await workflows.tellBooksMoved(workflowIdOf(orderId));
        await markWoken(database, orderId);
      });
    },
  });
}

async function settle({ database, workflows }: Deps, decision: UnsettledDecision): Promise<void> {
  const outcome = await workflows.resend(decision);
  if (outcome === undefined) return;
  const { id, status, isStuck } = decision;
  const message = `It is ${status} by now: nothing is to be decided any more.`;
  if (outcome !== 'absent') {
    const isEarly = outcome.type === refusals.notDue && (await isDue(database.sql, id));
    if (!isEarly) await settleDecision(database.sql, id, outcome);
  } else if (hasEnded(status) && !isStuck)
    await settleDecision(database.sql, id, { kind: 'refused', type: refusals.notDue, message });
}

/** Whether an order, or a return, with that status has ended. */
const hasEnded = (status: OrderStatus | ReturnStatus): boolean =>
  isAtRest(status as OrderStatus) || hasReturnEnded(status as ReturnStatus);

async function trackParcels({ database, carriers, workflows, ages }: Deps): Promise<number> {
  let found = 0;
  await eachOf(await takeUnheard(database, before(ages.scanMs), MOST_AT_ONCE), async (parcel) => {
    const { id, orderId, leg, warehouse, carrier, status } = parcel;
    const port = carriers.find((candidate) => candidate.carrier === carrier);
    const scan = await port?.track(idempotencyKey(orderId, { kind: 'book', leg, parcel: warehouse }));
    if (scan === undefined || scan === 'none' || scan === status) return;
    await receiveScan(database, workflows, { orderId, shipmentId: id, status: scan });
    found += 1;
  });
  return found;
}

/**
 * Records a scan and tells the order's workflow if that is what it waits for. Throws if the scan comes too early, so that
 * it is received again later.
 */
export async function receiveScan(
  database: Database,
  workflows: Pick<SweptRuns, 'tellBooksMoved'>,
  scan: CarrierScan & { orderId: string },
): Promise<void> {
  const effect = await recordScan(database, scan);
  if (effect === 'too_early')
    throw new Error(`the order ${scan.orderId} does not know yet that its parcels are handed over`);
  if (effect === 'order_delivered') await workflows.tellBooksMoved(workflowIdOf(scan.orderId));
}

/** What the sweep's workflow may call. */
export type SweepActivities = ReturnType<typeof createSweepActivities>;
