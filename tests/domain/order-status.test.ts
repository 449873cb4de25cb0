import { reasons } from '../../contracts/failures';
import {
  isAtRest,
  mayMove,
  nextStatuses,
  orderStatuses,
  orderStatusTable,
  restingStatuses,
  type OrderStatus,
} from '../../domain/order-status';

const moves = orderStatuses.flatMap((from) => nextStatuses(from).map((to) => [from, to] as const));
const undoneStatuses = restingStatuses.filter((status) => status !== 'delivered' && status !== 'returned');

/** All statuses that can come after `start`, without passing through `avoiding`. */
function reachable(start: OrderStatus, avoiding?: OrderStatus): Set<OrderStatus> {
  const seen = new Set<OrderStatus>();
  const waiting: OrderStatus[] = [start];
  for (let status = waiting.pop(); status !== undefined; status = waiting.pop()) {
    for (const next of nextStatuses(status)) {
      if (next === avoiding || seen.has(next)) continue;
      seen.add(next);
      waiting.push(next);
    }
  }
  return seen;
}

test.each(moves)('the move from %s to %s leads to a status of the table', (_, to) => {
  expect(orderStatuses).toContain(to);
});

test.each(orderStatuses.filter((status) => status !== 'created'))('%s can be reached from created', (status) => {
  expect(reachable('created')).toContain(status);
});

test('no order becomes created again', () => {
  expect(moves.filter(([, to]) => to === 'created')).toEqual([]);
});

test.each(orderStatuses.filter((status) => !isAtRest(status)))('an order that is %s can come to rest', (status) => {
  expect([...reachable(status)].some(isAtRest)).toBe(true);
});

test.each(restingStatuses)('an order at rest as %s moves on only from delivered to returned', (status) => {
  expect(nextStatuses(status)).toEqual(status === 'delivered' ? ['returned'] : []);
});

test.each(undoneStatuses)('an order becomes %s only by being compensated', (status) => {
  expect(moves.filter(([, to]) => to === status).map(([from]) => from)).toEqual(['compensating']);
});

test.each(['created', 'in_review', 'validated', 'awaiting_stock', 'reserved', 'authorised', 'packed'] as const)(
  'an order that is %s, before the pivot, may be undone',
  (status) => {
    expect(mayMove(status, 'compensating')).toBe(true);
  },
);

test.each(['paid', 'shipped', 'delivered'] as const)('an order that is %s is not undone by itself', (status) => {
  expect(reachable(status, 'needs_attention')).not.toContain('compensating');
});

test('every refusal leads to a status in which an undone order rests', () => {
  const statuses = Object.values(reasons).map(({ status }) => status);
  expect(undoneStatuses).toEqual(expect.arrayContaining(statuses));
});

test('every status says what it means', () => {
  for (const { meaning } of Object.values(orderStatusTable)) expect(meaning).not.toBe('');
});
