import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import type { GoOutcome } from '../../activities/order/in-turn';

const FOLDER = path.join(__dirname, 'histories');
const workflowsPath = require.resolve('../../workflows');

interface Payloads {
  payloads: { data: string }[];
}

interface Recorded {
  events: {
    eventType: string;
    activityTaskScheduledEventAttributes?: { activityType: { name: string } };
    /** Of a local activity, with data, or of a patch. */
    markerRecordedEventAttributes?: { details: { data?: Payloads; result?: Payloads } };
    workflowExecutionCompletedEventAttributes?: { result: Payloads };
  }[];
}

const read = (file: string) => JSON.parse(readFileSync(path.join(FOLDER, file), 'utf8')) as Recorded;

const decode = ({ payloads }: Payloads): unknown =>
  JSON.parse(Buffer.from(payloads[0]?.data ?? '', 'base64').toString() || 'null');

/**
 * The activities that were scheduled, and those that were tried inside the worker, which a marker records: by
 * themselves, or several in one go.
 */
const activitiesOf = ({ events }: Recorded) =>
  events.flatMap(({ activityTaskScheduledEventAttributes: scheduled, markerRecordedEventAttributes: marker }) => {
    if (scheduled) return scheduled.activityType.name;
    if (!marker?.details.data) return [];
    const { activity_type: tried } = decode(marker.details.data) as { activity_type: string };
    const result = marker.details.result && decode(marker.details.result);
    return Array.isArray(result) && tried.includes('And')
      ? (result as GoOutcome[]).map(({ activity }) => activity)
      : tried;
  });

const resultOf = ({ events }: Recorded): unknown =>
  decode(events.at(-1)?.workflowExecutionCompletedEventAttributes?.result ?? { payloads: [] });

const FORWARD = ['validateOrder', 'reserveStock', 'authorisePayment', 'packParcel', 'bookCarrier', 'capturePayment'];
const UNDONE = ['voidPayment', 'returnToShelf', 'releaseStock', 'finishUnwinding'];

/** What each history must tell, so that one that tells nothing cannot pass. */
const expected: Record<string, { result: object; activities: string[] }> = {
  'delivered.json': { result: { status: 'delivered' }, activities: [...FORWARD, 'handOver', 'recordScan'] },
  'delivered-after-a-fault.json': { result: { status: 'delivered' }, activities: [...FORWARD, 'handOver'] },
  'split-delivered.json': { result: { status: 'delivered' }, activities: [...FORWARD, 'handOver'] },
  'declined.json': { result: { reason: 'payment_declined' }, activities: ['reserveStock', 'releaseStock'] },
  'no-carrier-for-two-parcels.json': { result: { reason: 'no_carrier' }, activities: ['bookCarrier', ...UNDONE] },
  'delivered-by-the-second-leg.json': {
    result: { status: 'delivered' },
    activities: ['beginRetry', 'returnToShelf', 'releaseStock', 'capturePayment', 'handOver'],
  },
  'back-ordered.json': { result: { status: 'delivered' }, activities: ['awaitStock', ...FORWARD, 'handOver'] },
  'reviewed.json': { result: { status: 'delivered' }, activities: ['approveReview', ...FORWARD.slice(1)] },
  'cancelled.json': { result: { reason: 'cancelled_by_staff' }, activities: ['beginUnwinding', 'finishUnwinding'] },
  'stuck-and-freed.json': {
    result: { reason: 'packing_refused' },
    activities: ['raiseAttention', 'lowerAttention', 'finishUnwinding'],
  },
  'refunded-whole.json': {
    result: { reason: 'not_handed_over' },
    activities: ['giveUpHandOver', 'refundPayment', 'cancelBooking', 'returnToShelf', 'releaseStock'],
  },
  'returned.json': { result: { status: 'refunded' }, activities: ['inspectReturn', 'refundPayment', 'finishReturn'] },
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
  const recorded = read('delivered-after-a-fault.json');
  for (const { activityTaskScheduledEventAttributes: scheduled } of recorded.events) {
    if (scheduled?.activityType.name === 'authorisePayment') scheduled.activityType.name = 'authoriseTwice';
  }
  await expect(Worker.runReplayHistory({ workflowsPath }, historyFromJSON(recorded))).rejects.toThrow(
    DeterminismViolationError,
  );
}, 60_000);
