import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils';
import { DefaultLogger, Runtime, Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import type { Attempt } from '../../contracts/workflow/order';
import { bundleOnce } from '../support/temporal';
import { recordings } from './recordings';

const FOLDER = path.join(__dirname, 'histories');
let workflowBundle: WorkflowBundleWithSourceMap;

interface Payload {
  data: string;
}

interface Recorded {
  events: {
    userMetadata?: { summary?: Payload };
    activityTaskScheduledEventAttributes?: { activityType: { name: string } };
    /** Of a local activity: its data, and its result if it succeeded. */
    markerRecordedEventAttributes?: { details: Record<'data' | 'result', { payloads: Payload[] } | undefined> };
    workflowExecutionCompletedEventAttributes?: { result?: { payloads: Payload[] } };
  }[];
}

const read = (file: string) => JSON.parse(readFileSync(path.join(FOLDER, file), 'utf8')) as Recorded;

const decode = (payload: Payload | undefined): unknown =>
  JSON.parse(Buffer.from(payload?.data ?? '', 'base64').toString() || 'null');

/**
 * What was attempted, as its summary says it: activities that were scheduled, and those inside the worker, which a marker
 * records. Of first attempts that were to be made in one trip, those that were made.
 */
const attemptsOf = ({ events }: Recorded): string[] =>
  events.flatMap(({ userMetadata, activityTaskScheduledEventAttributes: scheduled, markerRecordedEventAttributes }) => {
    if (!scheduled && !markerRecordedEventAttributes) return [];
    const says = String(decode(userMetadata?.summary));
    const result = decode(markerRecordedEventAttributes?.details.result?.payloads[0]);
    const parts = says.split(', then: ');
    return parts.length === 1 ? says : parts.slice(0, (result as Attempt[] | null)?.length);
  });

const resultOf = ({ events }: Recorded): unknown =>
  decode(events.at(-1)?.workflowExecutionCompletedEventAttributes?.result?.payloads[0]);

const TO_PARCELS = ['Reserve', 'Authorise', 'Pack'];
const FORWARD = ['Check the order', ...TO_PARCELS, 'Capture', 'Hand'];
const GOODS_BACK = ['Put the goods back', 'Release the stock'];
const UNDONE = [...GOODS_BACK, 'Void'];
const ASKED = 'Ask the books how the order goes on';

/** What each history must tell, so that one that tells nothing cannot pass: its result, and the beginnings of attempts. */
const expected: Record<keyof typeof recordings, { result: object | null; tells: string[] }> = {
  delivered: { result: { status: 'delivered' }, tells: [...FORWARD, ASKED] },
  'delivered-after-a-fault': { result: { status: 'delivered' }, tells: [...FORWARD, 'Book a carrier'] },
  'split-delivered': { result: { status: 'delivered' }, tells: [...FORWARD, 'Hand 2 parcels'] },
  'shipped-in-part': {
    result: { status: 'delivered' },
    tells: ['Reserve 2', 'Authorise', 'Capture 17.61 EUR'],
  },
  declined: { result: { reason: 'payment_declined' }, tells: ['Authorise', 'Release the stock'] },
  'no-carrier-for-two-parcels': {
    result: { reason: 'no_carrier' },
    tells: [...TO_PARCELS, 'Cancel the carrier in BER', 'Cancel the carrier in HAM', ...UNDONE],
  },
  'delivered-by-the-second-leg': {
    result: { status: 'delivered' },
    tells: [...FORWARD, 'Cancel the carrier', ...GOODS_BACK],
  },
  'back-ordered': { result: { status: 'delivered' }, tells: [...FORWARD, 'Record that the order waits for stock'] },
  reviewed: { result: { status: 'delivered' }, tells: [...FORWARD, 'Record that staff approved'] },
  cancelled: { result: { reason: 'cancelled_by_staff' }, tells: ['Book a carrier', 'Cancel the carrier', ...UNDONE] },
  'stuck-and-freed': {
    result: { reason: 'packing_refused' },
    tells: ['Call a person: authorise-payment', 'Free authorise-payment: retry', ...UNDONE],
  },
  'refunded-whole': {
    result: { reason: 'not_handed_over' },
    tells: ['Free hand-over: refund', 'Ask the carriers', 'Refund 21.18 EUR', 'Cancel the carrier', ...GOODS_BACK],
  },
  'refunded-in-part': {
    result: { status: 'delivered' },
    tells: ['Ask the carriers', 'Take the parcel in', 'Refund 11.78 EUR', 'Hand the parcel over'],
  },
  interrupted: { result: { reason: 'interrupted' }, tells: [ASKED, ...UNDONE] },
  recovered: { result: { status: 'delivered' }, tells: [ASKED, 'Pack', 'Book a carrier', 'Capture', 'Hand'] },
  'undone-late': { result: null, tells: ['Void the authorisation'] },
  returned: {
    result: { status: 'refunded' },
    tells: ['Record that the return is received', 'Book what came back', 'Refund 21.18 EUR', 'End the return'],
  },
};

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { filter: { core: 'ERROR' } } } });
  workflowBundle = await bundleOnce();
});

test('every recorded history is looked at, and can be recorded again', () => {
  const names = Object.keys(expected).sort();
  const recorded = readdirSync(FOLDER).map((file) => path.basename(file, '.json'));
  expect(recorded.sort()).toEqual(names);
  expect(Object.keys(recordings).sort()).toEqual(names);
});

describe.each(Object.entries(expected))('%s', (name, { result, tells }) => {
  const file = `${name}.json`;

  test('tells what it was recorded for', () => {
    const recorded = read(file);
    if (result === null) expect(resultOf(recorded)).toBeNull();
    else expect(resultOf(recorded)).toMatchObject(result);
    const told = attemptsOf(recorded);
    expect(tells.filter((words) => !told.some((attempt) => attempt.startsWith(words)))).toEqual([]);
  });

  test('is replayed by this code', async () => {
    await Worker.runReplayHistory({ workflowBundle }, historyFromJSON(read(file)));
  }, 60_000);
});

const another = (name: string) => `${name}Twice`;

test.each<[string, (event: Recorded['events'][number]) => void]>([
  [
    'a step on its task queue',
    ({ activityTaskScheduledEventAttributes: scheduled }) => {
      if (scheduled) scheduled.activityType.name = another(scheduled.activityType.name);
    },
  ],
  [
    'a first attempt',
    ({ markerRecordedEventAttributes: marker }) => {
      const [payload] = marker?.details.data?.payloads ?? [];
      if (payload === undefined) return;
      const data = decode(payload) as { activity_type: string };
      const changed = { ...data, activity_type: another(data.activity_type) };
      payload.data = Buffer.from(JSON.stringify(changed)).toString('base64');
    },
  ],
])(
  'a history that took another way is refused: %s',
  async (_, change) => {
    const recorded = read('delivered-after-a-fault.json');
    recorded.events.forEach(change);
    const replay = Worker.runReplayHistory({ workflowBundle }, historyFromJSON(recorded));
    await expect(replay).rejects.toThrow(DeterminismViolationError);
  },
  60_000,
);
