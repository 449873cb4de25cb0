import type { FulfilmentActivities } from '../../activities';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import type { Decision, UpdateName } from '../../contracts/workflow/decisions';
import { BOOKS_MOVED, type FulfilOrderInput, type FulfilOrderResult } from '../../contracts/workflow/order';
import { searchAttributes } from '../../contracts/workflow/search-attributes';
import type { OrderStatus } from '../../domain/order-status';
import type { StuckAction } from '../../domain/step-kinds';
import { eventually } from './eventually';
import { quickPolicy } from './given';
import { NAMES, orderOf, scriptedActivities, type Script, type ScriptInput } from './scripted-activities';
import type { GivenBooks } from './scripted-books';
import { startTimeSkippingTemporal, type OrderHandle, type TestTemporal } from './temporal';

/** An order that was started, whose activities follow a script. */
export interface ScriptedOrder extends ReturnType<typeof scriptedActivities> {
  input: FulfilOrderInput;
  handle: OrderHandle;
  /** Has all parcels arrive, and tells the run that the books have news. */
  deliver(): Promise<void>;
  /** Lets time pass until the order is at rest. */
  result(): Promise<FulfilOrderResult>;
  /** Resolves when support can find the order by that status. */
  until(status: OrderStatus): Promise<void>;
  /** Resolves when support can find the order by that stuck step. */
  untilStuck(step: string): Promise<void>;
  /** Frees a stuck step, as a person decided. */
  resolve(step: string, action: StuckAction): Promise<void>;
  /** Resolves, in an activity that is under way, when the workflow waits for it no more. */
  givenUp(): Promise<void>;
}

export interface ScriptedOrders {
  temporal: TestTemporal;
  /** Starts an order with parcels in `warehouses`, which its carriers deliver once they are handed over. */
  start(script: Script, options?: Options): Promise<ScriptedOrder>;
  /** As `start`, and lets time pass until it is at rest. */
  run(script: Script, options?: Options): Promise<ScriptedOrder & { outcome: FulfilOrderResult }>;
  stop(): Promise<void>;
}

type Options = Partial<FulfilOrderInput> & {
  warehouses?: string[];
  /** What the books hold at first. */
  books?: GivenBooks;
  /** Set if its parcels do not arrive by themselves. */
  staysShipped?: true;
};

/** One worker for all orders of a test file, on a server of its own, which skips time unless it is said otherwise. */
export async function startScriptedOrders(startTemporal = startTimeSkippingTemporal): Promise<ScriptedOrders> {
  const temporal = await startTemporal();
  const scripts = new Map<string, FulfilmentActivities>();
  const dispatched = ([...NAMES, 'inTurn'] as const).map((name) => {
    const call = (input: ScriptInput) => {
      const orderId = orderOf(input);
      const activity = scripts.get(orderId)?.[name] as ((each: ScriptInput) => Promise<unknown>) | undefined;
      if (activity === undefined) throw new Error(`no test has started ${orderId}`);
      return activity(input);
    };
    return [name, call] as const;
  });
  const worker = await temporal.startWorker(Object.fromEntries(dispatched));

  const start = async (script: Script, options: Options = {}): Promise<ScriptedOrder> => {
    const { warehouses = ['BER'], books, staysShipped, ...over } = options;
    const input = anOrder(`ord_${scripts.size + 1}`, over);
    const handle = temporal.handle(input.orderId);
    const handOver = async (call: ScriptInput) => {
      await script.handOver?.(call);
      if (!staysShipped) await deliver();
    };
    const scripted = scriptedActivities(warehouses, { ...script, handOver }, books);
    const deliver = async () => {
      scripted.books.deliver();
      await handle.signal(BOOKS_MOVED);
    };
    scripts.set(input.orderId, scripted.activities);
    await temporal.start(input);
    const found = () => attributesOf(handle);
    return {
      ...scripted,
      input,
      handle,
      deliver,
      result: () => handle.result(),
      until: async (status) => {
        await eventually(found, (each) => each.status === status);
      },
      untilStuck: async (step) => {
        await eventually(found, ({ stuckStep, needsAttention }) => needsAttention === true && stuckStep === step);
      },
      resolve: (step, action) => send(handle, 'resolveStuckStep', { ...BY_SUPPORT, step, action }),
      givenUp: () => untilGivenUp(temporal, handle),
    };
  };
  return {
    temporal,
    start,
    run: async (script, options) => {
      const order = await start(script, options);
      return { ...order, outcome: await order.result() };
    },
    stop: async () => {
      await worker.stop();
      await temporal.stop();
    },
  };
}

/** Who frees stuck steps, and their note. */
export const BY_SUPPORT: Decision = { actor: { type: 'support', id: 'sup_1' }, noteId: 'note_1' };

const anOrder = (orderId: string, over: Partial<FulfilOrderInput>): FulfilOrderInput => ({
  orderId,
  country: 'DE',
  grand: { amount: 4990, currency: 'EUR' },
  lines: [{ sku: 'MUG-001', quantity: 1 }],
  policy: quickPolicy(),
  ...over,
});

/** Sends an Update as the API or the Temporal UI does; without a payload if there is none. */
export const send = <Answer = void>(handle: OrderHandle, update: UpdateName, payload?: unknown): Promise<Answer> =>
  handle.executeUpdate<Answer, [unknown]>(update, { args: (payload === undefined ? [] : [payload]) as [unknown] });

/** Why an Update was refused; `accepted` if it was not. */
export const refusalOf = (answer: Promise<unknown>): Promise<ApplicationFailure | 'accepted'> =>
  answer.then(
    () => 'accepted' as const,
    (error: unknown) => {
      if (error instanceof WorkflowUpdateFailedError) return error.cause as ApplicationFailure;
      throw error;
    },
  );

/**
 * The server takes no answer of a cancelled activity before it has heard of the cancel; and where the run ends while an
 * activity is under way, the lock that it has on time is never taken off.
 */
async function untilGivenUp({ env }: TestTemporal, handle: OrderHandle): Promise<void> {
  const read = async () => (await handle.fetchHistory()).events ?? [];
  const hasEnded = (event: { workflowExecutionCompletedEventAttributes?: unknown }) =>
    Boolean(event.workflowExecutionCompletedEventAttributes);
  const events = await eventually(read, (all) =>
    all.some((event) => Boolean(event.activityTaskCancelRequestedEventAttributes) || hasEnded(event)),
  );
  if (events.some(hasEnded)) await env.connection.testService?.unlockTimeSkipping({});
}

/** What support can find the order by. */
export async function attributesOf(handle: OrderHandle) {
  const { typedSearchAttributes: found } = await handle.describe();
  return {
    status: found.get(searchAttributes.orderStatus),
    reason: found.get(searchAttributes.failureReason),
    needsAttention: found.get(searchAttributes.needsAttention),
    stuckStep: found.get(searchAttributes.stuckStep),
  };
}

/** What the Temporal UI shows as the order's current details. */
export async function detailsOf(handle: OrderHandle): Promise<string> {
  const metadata = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
  return metadata.currentDetails;
}
