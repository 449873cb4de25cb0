import { temporal as proto } from '@temporalio/proto';
import { bundleWorkflowCode, DefaultLogger, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { CARRIER_SCAN, type CarrierScan } from '../../contracts/workflow/order';
import { readConfig } from '../../infra/config';
import { idleVersionNotice } from '../../infra/temporal/worker-version';
import { eventually } from '../support/eventually';
import { quickPolicy } from '../support/given';
import { scriptedActivities } from '../support/scripted-activities';
import { startLocalTemporal, type OrderHandle, type TestTemporal } from '../support/temporal';

const { ROUTING_CONFIG_UPDATE_STATE_COMPLETED: KNOWN_EVERYWHERE } = proto.api.enums.v1.RoutingConfigUpdateState;
const { WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR: NON_DETERMINISM } =
  proto.api.enums.v1.WorkflowTaskFailedCause;
const deploymentName = 'consign-test';

let temporal: TestTemporal;

beforeEach(async () => {
  temporal = await startLocalTemporal();
}, 60_000);
afterEach(() => temporal.stop());

/**
 * What `temporal worker deployment set-current-version` does, as soon as the version's worker is known; resolves when
 * each task queue knows of it.
 */
async function makeCurrent(buildId: string): Promise<void> {
  const { workflowService } = temporal.env.connection;
  const ask = { namespace: 'default', deploymentName };
  await eventually(
    () =>
      workflowService.setWorkerDeploymentCurrentVersion({ ...ask, buildId, identity: 'a test' }).then(
        () => 'done',
        (error: unknown) => String(error),
      ),
    (outcome) => outcome === 'done',
    30_000,
  );
  await eventually(
    async () => (await workflowService.describeWorkerDeployment(ask)).workerDeploymentInfo?.routingConfigUpdateState,
    (state) => state === KNOWN_EVERYWHERE,
  );
}

/** Starts a worker and returns what it was asked to do, as it grows. */
async function worker(buildId?: string, workflowBundle?: WorkflowBundleWithSourceMap): Promise<string[]> {
  const { activities, calls } = scriptedActivities(['BER', 'HAM']);
  await temporal.startWorker(activities, {
    ...(buildId !== undefined && { version: { deploymentName, buildId } }),
    ...(workflowBundle !== undefined && { workflowBundle }),
  });
  return calls;
}

/** Starts an order that soon waits for its carriers' scans. */
async function waitingOrder(calls: string[]): Promise<OrderHandle> {
  const grand = { amount: 4990, currency: 'EUR' };
  const lines = [{ sku: 'MUG-001', quantity: 2 }];
  const handle = await temporal.start({ orderId: 'ord_1', country: 'DE', grand, lines, policy: quickPolicy() });
  await eventually(
    () => calls,
    (seen) => seen.includes('handOver'),
  );
  return handle;
}

const scan = (handle: OrderHandle, warehouse: string, status: CarrierScan['status']) =>
  handle.signal(CARRIER_SCAN, { shipmentId: `shp_1_${warehouse}`, status });

const untilRecorded = (calls: string[], count = 1) =>
  eventually(
    () => calls.filter((call) => call === 'recordScan').length,
    (length) => length === count,
  );

test('an order that waits goes on with whatever version is current by then, be it an earlier one again', async () => {
  const unversioned = await worker();
  const handle = await waitingOrder(unversioned);

  const first = await worker('1.0.0');
  await makeCurrent('1.0.0');
  await scan(handle, 'BER', 'in_transit');
  await untilRecorded(first);

  const second = await worker('1.1.0-rc.1+7');
  await makeCurrent('1.1.0-rc.1+7');
  await scan(handle, 'BER', 'delivered');
  await untilRecorded(second);

  await makeCurrent('1.0.0');
  await scan(handle, 'HAM', 'delivered');
  await untilRecorded(first, 2);
  expect(await handle.result()).toEqual({ status: 'delivered', reason: null });
  expect(unversioned).not.toContain('recordScan');
  expect(second.filter((call) => call === 'recordScan')).toHaveLength(1);
}, 60_000);

test('an order that a version cannot go on with stands still, and goes on with the one before', async () => {
  const first = await worker('1');
  await makeCurrent('1');
  const handle = await waitingOrder(first);
  const workflowsPath = require.resolve('./other-code');
  await worker('2', await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('WARN') }));
  await makeCurrent('2');
  await scan(handle, 'BER', 'delivered');
  await eventually(
    async () =>
      (await handle.fetchHistory()).events!.map(({ workflowTaskFailedEventAttributes: failed }) => failed?.cause),
    (causes) => causes.includes(NON_DETERMINISM),
  );
  await makeCurrent('1');
  await scan(handle, 'HAM', 'delivered');
  expect(await handle.result()).toEqual({ status: 'delivered', reason: null });
}, 60_000);

test('a worker whose version is not current says so, and how to make it current', async () => {
  const port = temporal.env.address.split(':')[1];
  const noticeOf = (buildId?: string) =>
    idleVersionNotice(
      readConfig({
        TEMPORAL_PORT: port,
        ...(buildId !== undefined && { WORKER_DEPLOYMENT_NAME: deploymentName, WORKER_BUILD_ID: buildId }),
      }),
    );
  expect(await noticeOf()).toBeUndefined();
  expect(await noticeOf('1')).toBe(
    'the worker gets no orders yet: it is version 1 of consign-test, of which no version is current; when it shall: ' +
      'temporal worker deployment set-current-version --deployment-name consign-test --build-id 1',
  );
  await worker('1');
  await makeCurrent('1');
  expect(await noticeOf('1')).toBeUndefined();
  expect(await noticeOf('2')).toContain('of which version 1 is current');
}, 60_000);
