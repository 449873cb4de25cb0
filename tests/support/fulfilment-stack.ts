import { createActivities } from '../../activities';
import { createSweepActivities, receiveScan, type SweepActivities } from '../../activities/sweeps/sweeps';
import { createSandboxControl, createSandboxParties, deliverDueScans } from '../../adapters/sandbox';
import { guardParties } from '../../adapters/circuit-breaker/guard-parties';
import type { SandboxControl, SandboxLedger } from '../../contracts/http/sandbox';
import type { FulfilOrderResult } from '../../contracts/workflow/order';
import { sendDueMessages } from '../../events/message-relay';
import type { CircuitLimits } from '../../infra/circuit/options';
import { openDatabase, type Database } from '../../infra/database/client';
import { sweptWorkflows } from '../../workers/swept-workflows';
import { workflowsOn, type Workflows } from '../../workflow-client/workflows';
import { runActivity } from './activity';
import { createTestDatabase } from './database';
import { eventually } from './eventually';
import { givenOrder, quickPolicy, type GivenOrder } from './given';
import { watchOrder, type LiveOrder } from './live-order';
import { startRelays } from './relays';
import { startLocalTemporal, type TestTemporal } from './temporal';

/** What became of an order: the workflow's result, and what its books and the parties' books say. */
export interface Fulfilled extends FulfilOrderResult {
  orderId: string;
  bookedStatus: string;
  ledger: SandboxLedger;
}

/** Books, parties and a worker on a real Temporal server, without the API. */
export interface FulfilmentStack {
  database: Database;
  url: string;
  sandbox: SandboxControl;
  temporal: TestTemporal;
  workflows: Workflows;
  /** The parties whose circuit is open. */
  openCircuits(): string[];
  sweeps: SweepActivities;
  /** Stores an order, runs its workflow to the end, settles it and reads all books. */
  fulfil(order: GivenOrder): Promise<Fulfilled>;
  /** An order while it goes on, whose workflow was started. */
  watch(order: { orderId: string; clientReference: string }): LiveOrder;
  /** Receives scans until the order's newest run has ended, and reads all books. */
  untilEnd(orderId: string): Promise<Fulfilled>;
  /** As `untilEnd`, and sends its messages and undoes what came late until neither is owed any more. */
  untilSettled(orderId: string): Promise<Fulfilled>;
  /** Sweeps up what came late, for as long as `task` takes. */
  whileSwept<T>(task: Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

export interface StackOptions {
  /** Puts the parties behind circuit breakers with these limits, as in a worker; left out, there are none. */
  circuits?: Partial<CircuitLimits>;
}

const MOST_AT_ONCE = 50;
/** No slow machine misses it: what takes longer hangs. */
const HANGS_AFTER_MS = 300_000;
const LOOK_EVERY_MS = 50;

/** Starts it; scans are due at once, and sweeps take what is left over at once. */
export async function startFulfilmentStack({ circuits }: StackOptions = {}): Promise<FulfilmentStack> {
  const db = await createTestDatabase();
  const { database } = db;
  const sandboxDatabase = openDatabase(db.url, { name: 'sandbox' });
  const temporal = await startLocalTemporal();
  const sandbox = createSandboxControl(sandboxDatabase);
  const plain = createSandboxParties(sandboxDatabase, { inTransitAfterMs: 0, deliveredAfterMs: 0 });
  const guarded = circuits && guardParties(plain, circuits);
  const parties = guarded ?? plain;
  const workflows = workflowsOn(temporal.env.client, quickPolicy());
  const sendMessages = (limit: number) => sendDueMessages({ database, notification: parties.notification }, limit);
  const ofSweeps = createSweepActivities({
    database,
    carriers: parties.carriers,
    workflows: sweptWorkflows(workflows),
    sendMessages,
    ages: { unstartedMs: 0, quietMs: 0, owedMs: 0, surplusMs: 600_000, scanMs: 0 },
  });
  const sweeps = inActivities(ofSweeps);
  const worker = await temporal.startWorker({ ...createActivities({ database, parties }), ...ofSweeps });
  const relays = startRelays({
    scans: () => deliverDueScans(sandboxDatabase, (scan) => receiveScan(database, workflows, scan), MOST_AT_ONCE),
    messages: () => sendMessages(MOST_AT_ONCE),
    sweeps: () => sweeps.undoLateEffects(),
  });

  const read = async (orderId: string, { status, reason }: FulfilOrderResult): Promise<Fulfilled> => {
    const [ledger, order] = await Promise.all([
      sandbox.ledger(orderId),
      database.order.findUniqueOrThrow({ where: { id: orderId } }),
    ]);
    return { orderId, status, reason, bookedStatus: order.status, ledger };
  };
  const untilEnd = async (orderId: string): Promise<Fulfilled> =>
    read(orderId, await relays.whileOn(['scans'], temporal.handle(orderId).result()));
  const isSettled = async (orderId: string): Promise<boolean> => {
    const owed = { where: { orderId, state: 'undoing' } };
    const unsent = { where: { orderId, state: 'pending' } };
    const [steps, messages] = await Promise.all([database.sagaStep.count(owed), database.message.count(unsent)]);
    return steps + messages === 0;
  };
  const untilSettled = async (orderId: string): Promise<Fulfilled> => {
    const settled = async () => {
      const result = await temporal.handle(orderId).result();
      await eventually(() => isSettled(orderId), Boolean, HANGS_AFTER_MS, LOOK_EVERY_MS);
      return result;
    };
    return read(orderId, await relays.whileOn(['scans', 'messages', 'sweeps'], settled()));
  };
  return {
    database,
    url: db.url,
    sandbox,
    temporal,
    workflows,
    openCircuits: () => (guarded?.states() ?? []).flatMap(({ party, state }) => (state === 'open' ? [party] : [])),
    sweeps,
    watch: (order) => watchOrder({ database, temporal, sandbox, workflows }, order),
    untilEnd,
    untilSettled,
    whileSwept: (task) => relays.whileOn(['scans', 'sweeps'], task),
    fulfil: async (given) => {
      const input = await givenOrder(database, given);
      await temporal.start(input);
      return untilSettled(input.orderId);
    },
    stop: async () => {
      await worker.stop();
      await temporal.stop();
      await relays.idle();
      await sandboxDatabase.$disconnect();
      await db.drop();
    },
  };
}

/** The same sweeps, each in the context of an activity, for a test that calls them by itself. */
const inActivities = (sweeps: SweepActivities): SweepActivities =>
  Object.fromEntries(
    Object.entries(sweeps).map(([name, sweep]) => [name, () => runActivity(sweep, [])]),
  ) as unknown as SweepActivities;
