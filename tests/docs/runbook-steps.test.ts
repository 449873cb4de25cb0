import { updates, type UpdateName } from '../../contracts/workflow/decisions';
import { stepKinds, stuckActions, undoableKinds, type StepKind } from '../../domain/step-kinds';
import { codeIn, read, rowsOf } from './documents';

const runbook = read('docs/runbook.md');

/** The kind of step that a cell such as `pack/…` is about. */
const kindIn = (cell: string): string => codeIn(cell).replace('/…', '');

const inCode = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text);

/** A stray label is a step to undo from the beginning, and a stuck step is listed in silence. */
const NEVER_STUCK: StepKind[] = ['stray-label', 'list-stuck'];

test('it says of each kind of step what to do when it is stuck, with the actions that free it', () => {
  const told = rowsOf(runbook, 'stuck step').map(([step = '', , , actions = '']) => [kindIn(step), inCode(actions)]);
  const kinds = (Object.keys(stepKinds) as StepKind[]).filter((kind) => !NEVER_STUCK.includes(kind));
  expect(Object.fromEntries(told)).toEqual(
    Object.fromEntries(kinds.map((kind) => [kind, [...stepKinds[kind].actions]])),
  );
});

test('it says of each kind of step that has an undo what to do when the undo is stuck', () => {
  const told = rowsOf(runbook, 'stuck undo').map(([step = '']) => kindIn(step));
  expect(told.sort()).toEqual([...undoableKinds].sort());
});

test('it says of each action that frees a step what it does', () => {
  const explained = [...runbook.text.matchAll(/^- \*\*(retry|skip|refund)\*\* /gm)].map(([, action]) => action);
  expect(explained).toEqual([...stuckActions]);
});

/** The Updates that the runbook shows for the Temporal UI, with their payloads. */
const shown = rowsOf(runbook, 'to').map(([, , update = '', payload = '']) => ({
  update: codeIn(update) as UpdateName,
  payload: JSON.parse(codeIn(payload)) as object,
}));

test('it shows every Update', () => {
  expect(new Set(shown.map(({ update }) => update))).toEqual(new Set(Object.keys(updates)));
});

test.each(shown)('a workflow takes the payload of $update that the runbook shows', ({ update, payload }) => {
  expect(updates[update].payload.safeParse(payload).error).toBeUndefined();
});
