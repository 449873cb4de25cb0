import { execFile } from 'node:child_process';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import type { FulfilOrderInput } from '../../contracts/workflow/order';
import { eventually } from '../support/eventually';
import { quickPolicy } from '../support/given';
import { scriptedActivities } from '../support/scripted-activities';
import { startLocalTemporal, type TestTemporal } from '../support/temporal';

let temporal: TestTemporal;

beforeAll(async () => {
  temporal = await startLocalTemporal();
}, 60_000);
afterAll(() => temporal.stop());

const order = (orderId: string): FulfilOrderInput => {
  const grand = { amount: 4990, currency: 'EUR' };
  return { orderId, country: 'DE', grand, lines: [{ sku: 'MUG-001', quantity: 1 }], policy: quickPolicy() };
};

/** Runs the command against this test's Temporal. */
const replay = (...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    const env = { ...process.env, TEMPORAL_ADDRESS: temporal.env.address, TEMPORAL_NAMESPACE: temporal.env.namespace };
    const command = ['--import', 'tsx', 'workers/replay-command.ts', ...args];
    const child = execFile(process.execPath, command, { env }, (_, stdout, stderr) => {
      resolve({ code: child.exitCode, stdout, stderr });
    });
  });

const RUNNING = "ExecutionStatus = 'Running'";

/** Orders are listed a moment after they were started. */
const untilListed = (count: number) =>
  eventually(
    async () => (await temporal.env.client.workflow.count(RUNNING)).count,
    (listed) => listed === count,
  );

test('says what Temporal says to a query that it does not understand', async () => {
  expect(await replay('--where', 'foo')).toEqual({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/^Temporal cannot list workflows where foo: invalid query: .+\n$/),
  });
});

test.each([
  ['an order', 'ord_none', 'order-ord_none'],
  ['a return', 'ret_none', 'return-ret_none'],
  ['a workflow', 'sweep-none', 'sweep-none'],
])('looks for the history of %s by its id, and says what else there is to give', async (_, id, workflowId) => {
  const { code, stderr } = await replay(id);
  expect([code, stderr]).toEqual([
    2,
    expect.stringMatching(new RegExp(`^no history of ${id}: .*; give an order, a return`)),
  ]);
  expect(stderr).toContain(workflowId);
});

test('asks for one thing to replay', async () => {
  expect(await replay()).toMatchObject({ code: 2, stderr: expect.stringContaining('say whose history') });
  expect(await replay('ord_1', '--where', RUNNING)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--where'),
  });
});

test('replays every order under way, and names one that this code would take another way', async () => {
  expect(await replay('--where', RUNNING)).toMatchObject({
    code: 2,
    stderr: `Temporal lists no workflow where ${RUNNING}\n`,
  });

  const { activities, calls } = scriptedActivities(['BER']);
  const ours = await temporal.startWorker(activities);
  await temporal.start(order('ord_ours'));
  await eventually(
    () => calls,
    (seen) => seen.includes('handOver'),
  );
  await ours.stop();
  await untilListed(1);
  expect(await replay('--where', RUNNING)).toEqual({
    code: 0,
    stdout: 'replayed 1: this code takes the same way for 1, another for 0\n',
    stderr: '',
  });

  const workflowsPath = require.resolve('../workflows/other-code');
  const workflowBundle = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('WARN') });
  const others = await temporal.startWorker(activities, { workflowBundle });
  const handle = await temporal.start(order('ord_other'));
  await eventually(
    async () => (await handle.fetchHistory()).events!.length,
    (length) => length > 4,
  );
  await others.stop();
  await untilListed(2);
  const { code, stderr } = await replay('--where', RUNNING);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^order-ord_other: this code takes another way: .*\n$/);
}, 120_000);
