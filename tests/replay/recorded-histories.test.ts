import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';

const FOLDER = path.join(__dirname, 'histories');
const workflowsPath = require.resolve('../../workflows');

interface Recorded {
  events: {
    eventType: string;
    activityTaskScheduledEventAttributes?: { activityType: { name: string } };
    workflowExecutionCompletedEventAttributes?: { result: { payloads: { data: string }[] } };
  }[];
}

const read = (file: string) => JSON.parse(readFileSync(path.join(FOLDER, file), 'utf8')) as Recorded;

const activitiesOf = ({ events }: Recorded) =>
  events.flatMap(({ activityTaskScheduledEventAttributes: scheduled }) => scheduled?.activityType.name ?? []);

function resultOf({ events }: Recorded): unknown {
  const payload = events.at(-1)?.workflowExecutionCompletedEventAttributes?.result.payloads[0];
  return JSON.parse(Buffer.from(payload?.data ?? '', 'base64').toString());
}

const FORWARD = ['validateOrder', 'reserveStock', 'authorisePayment', 'packParcel', 'bookCarrier', 'capturePayment'];
const UNDONE = ['voidPayment', 'returnToShelf', 'releaseStock', 'finishUnwinding'];

/** What each history must tell, so that one that tells nothing cannot pass. */
const expected: Record<string, { result: object; activities: string[] }> = {
  'delivered.json': { result: { status: 'delivered' }, activities: [...FORWARD, 'handOver', 'recordScan'] },
  'delivered-after-a-fault.json': { result: { status: 'delivered' }, activities: [...FORWARD, 'handOver'] },
  'split-delivered.json': { result: { status: 'delivered' }, activities: [...FORWARD, 'handOver'] },
  'declined.json': { result: { reason: 'payment_declined' }, activities: ['reserveStock', 'releaseStock'] },
  'no-carrier-for-two-parcels.json': { result: { reason: 'no_carrier' }, activities: ['bookCarrier', ...UNDONE] },
};

beforeAll(() => {
  Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { filter: { core: 'ERROR' } } } });
});

test('every recorded history is looked at', () => {
  expect(readdirSync(FOLDER).sort()).toEqual(Object.keys(expected).sort());
});

describe.each(Object.entries(expected))('%s', (file, { result, activities }) => {
  test('tells what it was recorded for', () => {
    const recorded = read(file);
    expect(resultOf(recorded)).toMatchObject(result);
    expect(activitiesOf(recorded)).toEqual(expect.arrayContaining(activities));
  });

  test('is replayed by this code', async () => {
    await Worker.runReplayHistory({ workflowsPath }, historyFromJSON(read(file)));
  }, 60_000);
});

test('a history that took another way is refused', async () => {
  const recorded = read('delivered.json');
  for (const { activityTaskScheduledEventAttributes: scheduled } of recorded.events) {
    if (scheduled?.activityType.name === 'capturePayment') scheduled.activityType.name = 'captureTwice';
  }
  await expect(Worker.runReplayHistory({ workflowsPath }, historyFromJSON(recorded))).rejects.toThrow(
    DeterminismViolationError,
  );
}, 60_000);
