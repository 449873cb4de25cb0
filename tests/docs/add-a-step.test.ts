import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { applied, changesIn, type Change } from './changes';
import { read, ROOT } from './documents';

/** What the product's types depend on. */
const COPIED = [
  ...['activities', 'adapters', 'books', 'contracts', 'domain', 'workflows'],
  ...[
    'infra/circuit',
    'infra/config.ts',
    'infra/secret-strength.ts',
    'infra/database',
    'infra/metrics.ts',
    'tsconfig.json',
  ],
];

const changes = changesIn(read('docs/how-to/add-a-step.md').text);

let copy: string;

beforeAll(() => {
  copy = mkdtempSync(path.join(tmpdir(), 'add-a-step-'));
  for (const name of COPIED) cpSync(path.join(ROOT, name), path.join(copy, name), { recursive: true });
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(copy, 'node_modules'));
});
afterAll(() => rmSync(copy, { recursive: true }));

function apply(change: Change): void {
  const file = path.join(copy, change.file);
  writeFileSync(file, applied(change, change.isNew ? '' : readFileSync(file, 'utf8')));
}

/** What the compiler finds wrong with the copy. */
const typeErrors = (): string =>
  spawnSync(process.execPath, [path.join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', copy], { encoding: 'utf8' })
    .stdout;

test('the page shows one entry, one activity and one step, and where each belongs', () => {
  const files = changes.map(({ file }) => file);
  expect(files).toEqual(expect.arrayContaining(['domain/step-kinds.ts', 'domain/standing.ts', 'adapters/ports.ts']));
  const news = changes.filter(({ isNew }) => isNew).map(({ file }) => file);
  expect(news).toEqual(['activities/warehouse/gift-wrap.ts', 'workflows/order/steps/gift-wrap.ts']);
});

test('what the page shows fits the tree, and its types pass', () => {
  changes.forEach(apply);
  expect(typeErrors()).toBe('');
}, 180_000);

test('a block whose place is not there, or there twice, is refused', () => {
  const [change] = changesIn('In `a.ts`:\n\n```diff\n one\n+two\n```\n');
  expect(change && applied(change, 'one\n')).toBe('one\ntwo\n');
  expect(() => change && applied(change, 'three\n')).toThrow('a.ts has these lines 0 times');
  expect(() => change && applied(change, 'one\none\n')).toThrow('a.ts has these lines 2 times');
});
