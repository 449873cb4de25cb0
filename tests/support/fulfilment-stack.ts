import { createActivities } from '../../activities';
import { createReturnSweepActivities, type ReturnSweepActivities } from '../../activities/sweeps/sweep-returns';
import { createSweepActivities, type SweepActivities } from '../../activities/sweeps/sweeps';
import { createSandboxControl, createSandboxParties, deliverDueScans } from '../../adapters/sandbox';
import { CARRIER_SCAN, type FulfilOrderResult } from '../../contracts/workflow/order';
import type { SandboxControl, SandboxLedger } from '../../contracts/http/sandbox';
import { openDatabase, type Database } from '../../infra/database/client';
import { orderWorkflows } from '../../workflow-client/order-workflows';
import { returnWorkflows } from '../../workflow-client/return-workflows';
import { createTestDatabase } from './database';
import { eventually } from './eventually';
import { givenOrder, quickPolicy, type GivenOrder } from './given';
import { watchOrder, type LiveOrder } from './live-order';
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
  sweeps: SweepActivities & ReturnSweepActivities;
  /** Stores an order, runs its workflow to the end and reads all books. */
  fulfil(order: GivenOrder): Promise<Fulfilled>;
  /** An order while it goes on, whose workflow was started. */
  watch(order: { orderId: string; clientReference: string }): LiveOrder;
  /** Delivers the carriers' scans until the order's newest run has ended, and reads all books. */
  untilEnd(orderId: string): Promise<Fulfilled>;
  stop(): Promise<void>;
}

/** Starts it; scans are due at once. */
export async function startFulfilmentStack(): Promise<FulfilmentStack> {
  const db = await createTestDatabase();
  const parties = openDatabase(db.url, { name: 'sandbox' });
  const temporal = await startLocalTemporal();
  const sandbox = createSandboxControl(parties);
  const sandboxParties = createSandboxParties(parties, { inTransitAfterMs: 0, deliveredAfterMs: 0 });
  const ofOrders = createActivities({ database: db.database, parties: sandboxParties });
  const ofSweeps = createSweepActivities({
    database: db.database,
    carriers: sandboxParties.carriers,
    workflows: orderWorkflows(temporal.env.client, quickPolicy()),
    sendMessages: (input) => ofOrders.sendMessages(input),
    ages: { unstartedMs: 0, messageMs: 0, scanMs: 0 },
  });
  const returns = returnWorkflows(temporal.env.client, quickPolicy());
  const ofReturns = createReturnSweepActivities({ database: db.database, returns, ages: { unstartedMs: 0 } });
  const sweeps = { ...ofSweeps, ...ofReturns };
  const worker = await temporal.startWorker({ ...ofOrders, ...sweeps });
  const relayScans = () =>
    deliverDueScans(
      parties,
      ({ orderId, shipmentId, status }) => temporal.handle(orderId).signal(CARRIER_SCAN, { shipmentId, status }),
      50,
    );
  let waiting = 0;
  let relay: Promise<unknown> | undefined;
  /** Relays scans for all that wait, while anybody does. */
  const relayWhileWaited = () => eventually(relayScans, nobodyWaits, Infinity);
  const nobodyWaits = (): boolean => {
    if (waiting === 0) relay = undefined;
    return waiting === 0;
  };
  const untilEnd = async (orderId: string): Promise<Fulfilled> => {
    const ended = temporal.handle(orderId).result();
    waiting += 1;
    relay ??= relayWhileWaited();
    const relaying = relay.then(() => ended);
    const { status, reason } = await Promise.race([ended, relaying]).finally(() => (waiting -= 1));
    const [ledger, order] = await Promise.all([
      sandbox.ledger(orderId),
      db.database.order.findUniqueOrThrow({ where: { id: orderId } }),
    ]);
    return { orderId, status, reason, bookedStatus: order.status, ledger };
  };
  return {
    database: db.database,
    url: db.url,
    sandbox,
    temporal,
    sweeps,
    watch: (order) => watchOrder({ database: db.database, temporal, sandbox }, order),
    untilEnd,
    fulfil: async (given) => {
      const input = await givenOrder(db.database, given);
      await temporal.start(input);
      return untilEnd(input.orderId);
    },
    stop: async () => {
      await worker.stop();
      await temporal.stop();
      await parties.$disconnect();
      await db.drop();
    },
  };
}
