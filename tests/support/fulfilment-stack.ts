import { createActivities } from '../../activities';
import { createSandboxControl, createSandboxParties, deliverDueScans } from '../../adapters/sandbox';
import { CARRIER_SCAN, type FulfilOrderResult } from '../../contracts/saga';
import type { SandboxControl, SandboxLedger } from '../../contracts/sandbox';
import { workflowIdOf } from '../../domain/steps';
import { openDatabase, type Database } from '../../infra/database/client';
import { createTestDatabase } from './database';
import { eventually } from './eventually';
import { givenOrder, type GivenOrder } from './given';
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
  /** Stores an order, runs its workflow to the end and reads all books. */
  fulfil(order: GivenOrder): Promise<Fulfilled>;
  stop(): Promise<void>;
}

/** Starts it; scans are due at once. */
export async function startFulfilmentStack(): Promise<FulfilmentStack> {
  const db = await createTestDatabase();
  const parties = openDatabase(db.url, { name: 'sandbox' });
  const temporal = await startLocalTemporal();
  const sandbox = createSandboxControl(parties);
  const activities = createActivities({
    database: db.database,
    parties: createSandboxParties(parties, { inTransitAfterMs: 0, deliveredAfterMs: 0 }),
  });
  const worker = await temporal.startWorker(activities);
  const relayScans = () =>
    deliverDueScans(
      parties,
      ({ orderId, shipmentId, status }) =>
        temporal.env.client.workflow.getHandle(workflowIdOf(orderId)).signal(CARRIER_SCAN, { shipmentId, status }),
      50,
    );
  return {
    database: db.database,
    url: db.url,
    sandbox,
    temporal,
    fulfil: async (given) => {
      const input = await givenOrder(db.database, given);
      const handle = await temporal.start(input);
      let result: FulfilOrderResult | undefined;
      const ended = handle.result().then((value) => (result = value));
      await Promise.race([eventually(relayScans, () => result !== undefined, 60_000), ended.then(() => undefined)]);
      const { status, reason } = await ended;
      const [ledger, order] = await Promise.all([
        sandbox.ledger(input.orderId),
        db.database.order.findUniqueOrThrow({ where: { id: input.orderId } }),
      ]);
      return { orderId: input.orderId, status, reason, bookedStatus: order.status, ledger };
    },
    stop: async () => {
      await worker.stop();
      await temporal.stop();
      await parties.$disconnect();
      await db.drop();
    },
  };
}
