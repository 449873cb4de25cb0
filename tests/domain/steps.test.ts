import { idempotencyKey, steps, workflowIdOf } from '../../domain/steps';

test.each([
  [steps.reserveStock(1), 'reserve-stock'],
  [steps.reserveStock(2), 'reserve-stock#2'],
  [steps.authorisePayment(1), 'authorise-payment'],
  [steps.authorisePayment(3), 'authorise-payment#3'],
  [steps.pack('BER', 1), 'pack/BER'],
  [steps.pack('BER', 2), 'pack/BER#2'],
  [steps.book('HAM', 1), 'book/HAM'],
  [steps.book('HAM', 2), 'book/HAM#2'],
  [steps.validate, 'validate'],
  [steps.capture, 'capture'],
  [steps.handOver, 'hand-over'],
])('the step is named %s: a name in the books and at the providers, which never changes', (name, expected) => {
  expect(name).toBe(expected);
});

test('a step of another leg or parcel has another name', () => {
  const names = [1, 2, 3].flatMap((leg) => [
    steps.reserveStock(leg),
    ...['BER', 'HAM'].flatMap((parcel) => [steps.pack(parcel, leg), steps.book(parcel, leg)]),
  ]);
  expect(new Set(names).size).toBe(names.length);
});

test("a step's idempotency key names its order and the step", () => {
  expect(idempotencyKey('ord_1', steps.pack('BER', 2))).toBe('ord_1/pack/BER#2');
});

test("an order's workflow is found by the order's id alone", () => {
  expect(workflowIdOf('ord_1')).toBe('order-ord_1');
});
