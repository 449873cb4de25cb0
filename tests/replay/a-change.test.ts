import { readFileSync } from 'node:fs';
import path from 'node:path';
import { historyFromJSON, historyToJSON } from '@temporalio/common/lib/proto-utils';
import { bundleWorkflowCode, DefaultLogger, Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { startTimeSkippingTemporal, type TestTemporal } from '../support/temporal';
import type * as code from './a-change';

type Code = Exclude<keyof typeof code, 'goOn'>;

const taskQueue = 'a-change';
let temporal: TestTemporal;
let workflowBundle: WorkflowBundleWithSourceMap;

beforeAll(async () => {
  temporal = await startTimeSkippingTemporal();
  const workflowsPath = require.resolve('./a-change');
  workflowBundle = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('WARN') });
}, 60_000);
afterAll(() => temporal.stop());

/** Carries an order to its end by some code, and returns its history. */
async function recordedBy(workflowType: Code) {
  const nothing = () => Promise.resolve();
  const worker = await Worker.create({
    connection: temporal.env.nativeConnection,
    taskQueue,
    workflowBundle,
    activities: { pack: nothing, weigh: nothing, handOver: nothing },
  });
  return worker.runUntil(async () => {
    const { client } = temporal.env;
    const handle = await client.workflow.start(workflowType, { workflowId: 'an-order', taskQueue });
    await handle.signal('goOn');
    await handle.result();
    return handle.fetchHistory();
  });
}

test.each<[of: Code, outcome: 'goes on' | 'is refused', by: Code]>([
  ['before', 'is refused', 'changed'],
  ['before', 'goes on', 'changedWithPatch'],
  ['before', 'is refused', 'changedForAll'],
  ['changedWithPatch', 'goes on', 'changedWithPatch'],
  ['changedWithPatch', 'goes on', 'changedForAll'],
  ['changedWithPatch', 'is refused', 'before'],
])(
  'an order of the code "%s" %s with the code "%s"',
  async (of, outcome, by) => {
    const history = historyFromJSON(JSON.parse(historyToJSON(await recordedBy(of))));
    history.events![0]!.workflowExecutionStartedEventAttributes!.workflowType!.name = by;
    const replay = Worker.runReplayHistory({ workflowBundle }, history);
    if (outcome === 'goes on') await expect(replay).resolves.toBeUndefined();
    else await expect(replay).rejects.toThrow(DeterminismViolationError);
  },
  60_000,
);

test('the how-to shows this code', () => {
  const howTo = readFileSync(path.join(__dirname, '../../docs/how-to/release-a-new-version.md'), 'utf8');
  const [, shown] = /```ts\n([\s\S]*?)```/.exec(howTo) ?? [];
  expect(readFileSync(require.resolve('./a-change'), 'utf8')).toContain(shown);
});
