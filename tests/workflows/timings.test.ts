import type { Policy } from '../../contracts/policy';
import { refusedFirst, scheduled } from '../support/scripted-activities';
import { startScriptedOrders, type ScriptedOrder, type ScriptedOrders } from '../support/scripted-orders';
import { quickPolicy } from '../support/given';

/** Each unlike any other, and unlike what is the rule. */
const timings = {
  retryInitialIntervalMs: 7001,
  retryMaxIntervalMs: 7002,
  patienceMs: 7003,
  stepTimeoutMs: 7004,
  partyTimeoutMs: 7005,
  reviewMs: 7006,
  carrierRetryMs: 7007,
  authorisationRenewMs: 7008,
  attentionAfterMs: 7009,
} satisfies Partial<Policy>;

type Duration = { seconds?: unknown; nanos?: number | null } | null | undefined;

/** By timing: the lengths that orders were found to wait, or to tell their activities to wait. */
const waited = new Map<string, number[]>();
const note = (timing: keyof typeof timings, ...lengths: (number | undefined)[]) =>
  waited.set(timing, [...(waited.get(timing) ?? []), ...lengths.flatMap((length) => length ?? [])]);

let orders: ScriptedOrders;
beforeAll(async () => {
  orders = await startScriptedOrders();
  const policy = quickPolicy({ ...timings, carrierRetries: 1 });
  const held = await orders.run(
    { validateOrder: ({ reviewMs }) => ({ verdict: 'review', heldForMs: reviewMs }) },
    { policy },
  );
  note('reviewMs', ...(await timersOf(held)));

  const script = {
    packParcel: scheduled(() => null),
    bookCarrier: refusedFirst(1, 'no_carrier'),
  };
  const delayed = await orders.run(script, { policy });
  const timers = await timersOf(delayed);
  note('carrierRetryMs', ...timers);
  note('attentionAfterMs', ...timers);
  for (const { activityTaskScheduledEventAttributes: call } of await eventsOf(delayed)) {
    if (!call) continue;
    note('retryInitialIntervalMs', msOf(call.retryPolicy?.initialInterval));
    note('retryMaxIntervalMs', msOf(call.retryPolicy?.maximumInterval));
    note('stepTimeoutMs', msOf(call.startToCloseTimeout));
  }
  const [packing] = delayed.inputsOf('packParcel') as { limits?: Pick<Policy, 'patienceMs' | 'partyTimeoutMs'> }[];
  note('patienceMs', packing?.limits?.patienceMs);
  note('partyTimeoutMs', packing?.limits?.partyTimeoutMs);
  const [ended] = delayed.inputsOf('stopOrder');
  note('authorisationRenewMs', ended?.policy?.authorisationRenewMs);
}, 30_000);
afterAll(() => orders.stop());

test.each(Object.entries(timings))('%s is as the policy in the order’s input says', (timing, ms) => {
  expect(waited.get(timing)).toContain(ms);
});

const eventsOf = async ({ handle }: ScriptedOrder) => (await handle.fetchHistory()).events ?? [];

const timersOf = async (order: ScriptedOrder) =>
  (await eventsOf(order)).map(({ timerStartedEventAttributes: timer }) => msOf(timer?.startToFireTimeout));

const msOf = (duration: Duration): number | undefined =>
  duration ? Number(duration.seconds ?? 0) * 1000 + (duration.nanos ?? 0) / 1e6 : undefined;
