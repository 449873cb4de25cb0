import { temporal as proto } from '@temporalio/proto';
import { bundleWorkflowCode, DefaultLogger, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import type { FulfilmentActivities } from '../../activities';
import { BOOKS_MOVED, RUN_STATUS } from '../../contracts/workflow/order';
import type { OrderStatus } from '../../domain/order-status';
import { readConfig } from '../../infra/config';
import { idleVersionNotice } from '../../infra/temporal/worker-version';
import { eventually } from '../support/eventually';
import { quickPolicy } from '../support/given';
import { scriptedActivities } from '../support/scripted-activities';
import { startOwnLocalTemporal, type OrderHandle, type TestTemporal } from '../support/temporal';

const { ROUTING_CONFIG_UPDATE_STATE_COMPLETED: KNOWN_EVERYWHERE } = proto.api.enums.v1.RoutingConfigUpdateState;
const { WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR: NON_DETERMINISM } =
  proto.api.enums.v1.WorkflowTaskFailedCause;
const deploymentName = 'consign-test';

let temporal: TestTemporal;
/** The order's activities and books, which all workers share. */
let scripted: ReturnType<typeof scriptedActivities>;

beforeEach(async () => {
  temporal = await startOwnLocalTemporal();
  scripted = scriptedActivities(['BER', 'HAM']);
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
  const asked: string[] = [];
  const recorded = Object.entries(scripted.activities).map(([name, activity]) => [
    name,
    (input: never) => {
      asked.push(name);
      return (activity as (input: never) => unknown)(input);
    },
  ]);
  await temporal.startWorker(Object.fromEntries(recorded) as FulfilmentActivities, {
    ...(buildId !== undefined && { version: { deploymentName, buildId } }),
    ...(workflowBundle !== undefined && { workflowBundle }),
  });
  return asked;
}

/** Starts an order that soon waits for its parcels to arrive. */
async function waitingOrder(): Promise<OrderHandle> {
  const grand = { amount: 4990, currency: 'EUR' };
  const lines = [{ sku: 'MUG-001', quantity: 2 }];
  const handle = await temporal.start({ orderId: 'ord_1', country: 'DE', grand, lines, policy: quickPolicy() });
  await eventually(
    () => handle.query<OrderStatus>(RUN_STATUS),
    (status) => status === 'shipped',
  );
  return handle;
}

/** Says that the books have news, which the order asks them for. */
const news = (handle: OrderHandle) => handle.signal(BOOKS_MOVED);

const questionsTo = (asked: string[]) => asked.filter((name) => name === 'stopOrder').length;
const untilAsked = (asked: string[], times: number) =>
  eventually(
    () => questionsTo(asked),
    (count) => count === times,
  );

test('an order that waits goes on with whatever version is current by then, be it an earlier one again', async () => {
  const unversioned = await worker();
  const handle = await waitingOrder();

  const first = await worker('1.0.0');
  await makeCurrent('1.0.0');
  await news(handle);
  await untilAsked(first, 1);

  const second = await worker('1.1.0-rc.1+7');
  await makeCurrent('1.1.0-rc.1+7');
  await news(handle);
  await untilAsked(second, 1);

  await makeCurrent('1.0.0');
  scripted.books.deliver();
  await news(handle);
  expect(await handle.result()).toEqual({ status: 'delivered', reason: null });
  expect([unversioned, first, second].map(questionsTo)).toEqual([0, 2, 1]);
}, 60_000);

test('an order that a version cannot go on with stands still, and goes on with the one before', async () => {
  const first = await worker('1');
  await makeCurrent('1');
  const handle = await waitingOrder();
  const workflowsPath = require.resolve('./other-code');
  const second = await worker('2', await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('WARN') }));
  await makeCurrent('2');
  scripted.books.deliver();
  await news(handle);
  await eventually(
    async () =>
      (await handle.fetchHistory()).events!.map(({ workflowTaskFailedEventAttributes: failed }) => failed?.cause),
    (causes) => causes.includes(NON_DETERMINISM),
  );
  expect(second).toEqual([]);
  await makeCurrent('1');
  expect(await handle.result()).toEqual({ status: 'delivered', reason: null });
  expect(questionsTo(first)).toBe(1);
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
