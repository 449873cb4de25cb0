import { setTimeout as sleep } from 'node:timers/promises';
import { Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { workflowIdOf } from '../../contracts/workflow/ids';
import type { FulfilOrderInput } from '../../contracts/workflow/order';
import { eventually } from '../support/eventually';
import { quickPolicy } from '../support/given';
import { refusal, refusedFirst, scriptedActivities, type Script } from '../support/scripted-activities';
import { bundleOnce, startLocalTemporal, type TestTemporal } from '../support/temporal';

let temporal: TestTemporal;
let workflowBundle: WorkflowBundleWithSourceMap;

beforeAll(async () => {
  temporal = await startLocalTemporal();
  workflowBundle = await bundleOnce();
}, 60_000);
afterAll(() => temporal.stop());

const grand = { amount: 4990, currency: 'EUR' };
const orderOf = (orderId: string): FulfilOrderInput => ({
  ...{ orderId, country: 'DE', grand, lines: [{ sku: 'MUG-001', quantity: 1 }], policy: quickPolicy() },
});

const replay = async (orderId: string) =>
  Worker.runReplayHistory({ workflowBundle }, await temporal.handle(orderId).fetchHistory(), workflowIdOf(orderId));

/** Ends so much later than what began with it that each wakes the workflow by itself. */
const after = (ms: number, run: () => unknown) => async () => {
  await sleep(ms);
  return run();
};

const done = () => null;
const packingRefused = () => {
  throw refusal('packing_refused');
};

/** Undone side by side: the goods go on to the next undo, the money calls a person. */
const cells: [string, Script][] = [
  [
    'the goods before the money',
    { returnToShelf: done, voidPayment: after(20, refusedFirst(1)), releaseStock: after(60, done) },
  ],
  ['the money before the goods', { returnToShelf: after(20, done), voidPayment: refusedFirst(1) }],
  ['both at once', { returnToShelf: done, voidPayment: refusedFirst(1) }],
];

test.each(cells)(
  'a history of undos side by side, %s, is replayed by the code that wrote it',
  async (which, script) => {
    const order = orderOf(`ord_${cells.findIndex(([each]) => each === which)}`);
    const { activities, inputsOf } = scriptedActivities(['BER'], { packParcel: packingRefused, ...script });
    await temporal.withWorker(activities, async () => {
      const handle = await temporal.start(order);
      await eventually(
        () => inputsOf('raiseAttention').length,
        (calls) => calls === 1,
      );
      await handle.executeUpdate('resolveStuckStep', { args: [{ step: 'authorise-payment', action: 'retry' }] });
      expect(await handle.result()).toEqual({ status: 'rejected', reason: 'packing_refused' });
    });
    await expect(replay(order.orderId)).resolves.toBeUndefined();
  },
  60_000,
);
