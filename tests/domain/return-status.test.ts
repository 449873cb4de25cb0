import {
  endedReturnStatuses,
  hasReturnEnded,
  mayReturnMove,
  nextReturnStatuses,
  returnStatuses,
  returnStatusTable,
  type ReturnStatus,
} from '../../domain/return-status';

const moves = returnStatuses.flatMap((from) => nextReturnStatuses(from).map((to) => [from, to] as const));

/** All statuses that can come after `start`. */
function reachable(start: ReturnStatus): Set<ReturnStatus> {
  const seen = new Set<ReturnStatus>();
  const waiting: ReturnStatus[] = [start];
  for (let status = waiting.pop(); status !== undefined; status = waiting.pop()) {
    for (const next of nextReturnStatuses(status)) {
      if (!seen.has(next)) waiting.push(next);
      seen.add(next);
    }
  }
  return seen;
}

test.each(moves)('the move from %s to %s leads to a status of the table', (_, to) => {
  expect(returnStatuses).toContain(to);
});

test.each(returnStatuses.filter((status) => status !== 'requested'))('%s can be reached from requested', (status) => {
  expect(reachable('requested')).toContain(status);
});

test.each(returnStatuses)('a return that is %s never comes back to it', (status) => {
  expect(reachable(status)).not.toContain(status);
});

test.each(returnStatuses.filter((status) => !hasReturnEnded(status)))('a return that is %s can end', (status) => {
  expect([...reachable(status)].some(hasReturnEnded)).toBe(true);
});

test('a return ends refunded, closed, rejected or expired', () => {
  expect([...endedReturnStatuses].sort()).toEqual(['closed', 'expired', 'refunded', 'rejected']);
});

test('money goes back only for goods that were inspected', () => {
  expect(moves.filter(([, to]) => to === 'refunded')).toEqual([['inspected', 'refunded']]);
  expect(mayReturnMove('received', 'refunded')).toBe(false);
});

test('every status says what it means', () => {
  for (const { meaning } of Object.values(returnStatusTable)) expect(meaning).not.toBe('');
});
