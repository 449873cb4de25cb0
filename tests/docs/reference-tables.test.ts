import { readFileSync } from 'node:fs';
import path from 'node:path';
import { reasons } from '../../contracts/failures';
import { policy } from '../../contracts/policy';
import { searchAttributes } from '../../contracts/workflow/search-attributes';
import { orderStatuses } from '../../domain/order-status';
import { returnStatuses } from '../../domain/return-status';
import { codeIn, read, ROOT, rowsOf } from './documents';

const firstColumn = (file: string, heading: string): string[] =>
  rowsOf(read(file), heading).map(([cell = '']) => codeIn(cell));

test('the table of timings has each of the policy, with its default', () => {
  const documented = rowsOf(read('docs/architecture.md'), 'name').map(([name = '', value]) => [codeIn(name), value]);
  expect(documented).toEqual(Object.entries(policy.parse({})).map(([name, value]) => [name, String(value)]));
});

test("README's table of variables has those that the configuration reads", () => {
  const source = readFileSync(path.join(ROOT, 'infra/config.ts'), 'utf8');
  const schema = /const environment = z\s*\.object\(\{([\s\S]*?)\n\}\)/.exec(source)?.[1] ?? '';
  const variables = [...schema.matchAll(/^ {2}([A-Z][A-Z_]+):/gm)].map(([, name]) => name);
  expect(variables).toContain('DATA_DIR');
  expect(firstColumn('README.md', 'variable').sort()).toEqual(variables.sort());
});

test('the runbook explains each status', () => {
  expect(firstColumn('docs/runbook.md', 'status').sort()).toEqual([...orderStatuses].sort());
});

test('the runbook explains each status of a return', () => {
  expect(firstColumn('docs/runbook.md', 'a return that is').sort()).toEqual([...returnStatuses].sort());
});

test('the runbook explains each reason', () => {
  expect(firstColumn('docs/runbook.md', 'reason').sort()).toEqual(Object.keys(reasons).sort());
});

test("the runbook's queries name search attributes that there are", () => {
  const known = [
    ...Object.values(searchAttributes).map(({ name }) => name),
    'ExecutionStatus',
    'StartTime',
    'WorkflowType',
  ];
  const queries = rowsOf(read('docs/runbook.md'), 'to find').map(([, query = '']) => codeIn(query));
  const named = queries.flatMap((query) => [...query.matchAll(/(\w+) (?:=|<|>)/g)].map(([, name]) => name));
  expect(named.length).toBeGreaterThanOrEqual(queries.length);
  expect(named.filter((name) => name === undefined || !known.includes(name))).toEqual([]);
});
