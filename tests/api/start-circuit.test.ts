import { startThroughCircuit } from '../../api/orders/start-circuit';
import { defaultLimits } from '../../api/dependencies';
import { createLogger } from '../../infra/logger';
import { createApiMetrics } from '../../api/http/metrics';
import type { FulfilmentOrder } from '../../contracts/workflow/order';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

const order: FulfilmentOrder = {
  id: 'ord_1',
  country: 'DE',
  grand: { amount: 100, currency: 'EUR' },
  lines: [],
  shipAvailable: false,
  backorder: false,
};

/** Starts of workflows at a Temporal that a test scripts; down at first. */
function given() {
  const temporal = jest.fn<Promise<void>, [FulfilmentOrder]>(() => Promise.reject(new Error('connection refused')));
  const metrics = createApiMetrics();
  const start = startThroughCircuit(temporal, {
    logger: createLogger('api', 'silent'),
    metrics,
    limits: defaultLimits,
  });
  const startTimes = async (times: number) => {
    for (let call = 0; call < times; call++) await start(order).catch(() => undefined);
    return temporal.mock.calls.length;
  };
  return { temporal, metrics, start, startTimes };
}

test('a Temporal that is there is asked for each order', async () => {
  const { temporal, start, startTimes } = given();
  temporal.mockResolvedValue();
  expect(await startTimes(10)).toBe(10);
  await expect(start(order)).resolves.toBeUndefined();
  expect(temporal).toHaveBeenLastCalledWith(order);
});

test('after three failures Temporal is asked no more, and the start fails at once', async () => {
  const { start, startTimes } = given();
  expect(await startTimes(10)).toBe(3);
  await expect(start(order)).rejects.toThrow(
    'temporal failed 3 times running, so it is left alone for 5 s (circuit open)',
  );
});

test('a Temporal that does not answer counts as one that is down', async () => {
  const { temporal, start } = given();
  temporal.mockReturnValue(new Promise(() => undefined));
  for (let call = 0; call < 3; call++) void start(order);
  await jest.advanceTimersByTimeAsync(defaultLimits.startMs);
  await expect(start(order)).rejects.toThrow('circuit open');
});

test('every few seconds one order tries whether Temporal is back, and the others do not wait for it', async () => {
  const { temporal, start, startTimes } = given();
  await startTimes(3);
  jest.advanceTimersByTime(5000);
  temporal.mockReturnValue(new Promise(() => undefined));
  void start(order);
  await expect(start(order)).rejects.toThrow('circuit half-open');
  expect(temporal).toHaveBeenCalledTimes(4);
});

test('a start that succeeds lets the next ones through', async () => {
  const { temporal, startTimes } = given();
  await startTimes(3);
  jest.advanceTimersByTime(5000);
  temporal.mockResolvedValue();
  expect(await startTimes(10)).toBe(13);
});

test('the metrics show whether Temporal is asked', async () => {
  const { metrics, startTimes } = given();
  expect(await metrics.registry.metrics()).toContain('consign_circuit_state{party="temporal"} 0\n');
  await startTimes(3);
  expect(await metrics.registry.metrics()).toContain('consign_circuit_state{party="temporal"} 2\n');
});
