import { createSweepActivities } from '../../activities/sweeps/sweeps';
import { updates } from '../../contracts/workflow/decisions';
import { isUndoable, partyOf, stepKinds, type StepKind } from '../../domain/step-kinds';
import { codeIn, derivedBlock, read, rowsOf, tableOf } from './documents';

const FILE = 'docs/architecture.md';
const HINT = 'if it differs, UPDATE_DOCS=1 npm test -- tests/docs writes it';

const code = (text: string): string => `\`${text}\``;

const kinds = Object.keys(stepKinds) as StepKind[];

function undoOf(kind: StepKind): string {
  const id = { kind };
  if (!isUndoable(id)) return 'none';
  const { does, chain, activity } = stepKinds[id.kind].undo;
  return `${does} (${code(activity)}, ${chain})`;
}

const stepTable = tableOf(
  ['step kind', 'it is to', 'asks', 'undo', 'stuck: actions'],
  kinds.map((kind) => [
    code(kind),
    stepKinds[kind].does,
    partyOf(kind) ?? 'our books',
    undoOf(kind),
    stepKinds[kind].actions.map(code).join(', '),
  ]),
);

const updateTable = tableOf(
  ['Update', 'does', 'payload'],
  Object.entries(updates).map(([name, { says }]) => {
    const [does = '', payload = ''] = says.split('. Payload: ');
    return [code(name), does, code(payload.replaceAll('|', '\\|'))];
  }),
);

test(`the table of step kinds is that of domain/step-kinds.ts: ${HINT}`, () => {
  expect(derivedBlock(FILE, 'step kinds', stepTable)).toBe(stepTable);
});

test(`the table of Updates is that of contracts/workflow/decisions.ts: ${HINT}`, () => {
  expect(derivedBlock(FILE, 'updates', updateTable)).toBe(updateTable);
});

test('the table of sweeps has each kind of sweep', () => {
  const sweeps = createSweepActivities({} as Parameters<typeof createSweepActivities>[0]);
  const documented = rowsOf(read(FILE), 'sweep').map(([name = '']) => codeIn(name));
  expect(documented.sort()).toEqual(Object.keys(sweeps).sort());
});
