import { CELLS_WITHIN_MS, expectedOf, runCells, type RanCells } from '../support/cells';
import { handOverCells } from './cells/hand-over';
import { legCells } from './cells/legs';
import { partialCells } from './cells/partial';
import { partyCells } from './cells/parties';
import { stuckCells } from './cells/stuck';
import { waitingCells } from './cells/waiting';

const cells = [...partyCells, ...stuckCells, ...handOverCells, ...legCells, ...waitingCells, ...partialCells];

let ran: RanCells;
beforeAll(async () => {
  ran = await runCells(cells);
}, CELLS_WITHIN_MS);
afterAll(() => ran.stack.stop());

test('no workflow task failed, and each history replays and tells of no person', () => {
  expect(ran.amiss).toEqual([]);
});

test.each(cells)('when $when, the order ends $status and the books say exactly that', (cell) => {
  expect(ran.outcome(cell)).toEqual(expectedOf(cell));
});

test('the books balance after all of it, and every fault has struck', () => {
  expect(ran.unusedFaults).toEqual([]);
  expect(ran.books.violations).toEqual([]);
  expect(ran.books.orders).toBe(cells.length);
  expect(ran.books.writeOffs).toHaveLength(cells.flatMap(({ writeOffs = [] }) => writeOffs).length);
});
