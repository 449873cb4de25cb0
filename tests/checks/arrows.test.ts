import path from 'node:path';
import { checkFixture, ROOT } from './fixture';

/** A file, what it imports, and the rule that this breaks. */
const forbidden = [
  ['workflows/a.ts', `import { x } from '../infra/x';`, 'workflows-know-contracts-and-domain'],
  ['workflows/b.ts', `import { x } from 'node:fs';`, 'workflows-know-contracts-and-domain'],
  ['workflows/c.ts', `import { x } from '../activities/x';`, 'workflows-know-activities-by-type'],
  ['activities/a.ts', `import { x } from '../adapters/sandbox/x';`, 'activities-know-ports'],
  ['activities/b.ts', `import { x } from '../infra/x';`, 'activities-know-ports'],
  ['domain/a.ts', `import { x } from '../infra/x';`, 'domain-knows-itself-and-contracts'],
  ['domain/b.ts', `import { x } from 'node:fs';`, 'domain-knows-itself-and-contracts'],
  ['contracts/a.ts', `import { x } from '../infra/x';`, 'contracts-know-schemas-only'],
  ['adapters/a.ts', `import type { x } from '../activities/x';`, 'adapters-know-no-caller'],
  ['api/a.ts', `import { x } from '../workers/x';`, 'api-knows-no-saga'],
  ['api/b.ts', `import { x } from '../adapters/ports';`, 'api-knows-no-adapter'],
  ['api/c.ts', `import { x } from '../adapters/sandbox/x';`, 'only-wiring-knows-adapters'],
  ['demo/a.ts', `import { x } from '../adapters/sandbox/x';`, 'only-wiring-knows-adapters'],
  ['infra/a.ts', `import { x } from '../adapters/sandbox/x';`, 'infra-knows-no-product'],
  ['infra/b.ts', `import { x } from '../tests/x';`, 'only-tests-know-tests'],
  ['workers/a.ts', `import { x } from '../bench/x';`, 'only-tests-know-tools'],
  ['infra/c.ts', `import { x } from './c2';`, 'no-cycles'],
  ['infra/d.ts', `import { x } from './missing';`, 'no-unknown-modules'],
] as const;

const allowed = [
  ['workflows/ok.ts', `import type { x } from '../activities/x'; import { x as y } from '../domain/x';`],
  ['activities/ok.ts', `import { x } from '../adapters/ports'; import { x as y } from '../infra/database/x';`],
  ['api/server.ts', `import { x } from '../adapters/sandbox/x';`],
  ['workers/ok.ts', `import { x } from '../adapters/sandbox/x'; import { x as y } from '../activities/x';`],
  ['bench/ok.ts', `import { x } from '../adapters/sandbox/x'; import { x as y } from '../activities/x';`],
  ['infra/stack/ok.ts', `import { x } from '../../adapters/sandbox/x';`],
] as const;

const leaves = ['infra/x.ts', 'infra/database/x.ts', 'activities/x.ts', 'adapters/sandbox/x.ts', 'adapters/ports.ts']
  .concat(['domain/x.ts', 'workers/x.ts', 'tests/x.ts', 'bench/x.ts'])
  .map((file) => [file, 'export const x = 1;'] as const);

let violations: string[];

beforeAll(async () => {
  const back = ['infra/c2.ts', `import { x } from './c';`] as const;
  const files = [...forbidden.map(([file, text]) => [file, text] as const), ...allowed, ...leaves, back];
  const config = path.join(ROOT, '.dependency-cruiser.cjs');
  const command = ['node_modules/dependency-cruiser/bin/dependency-cruise.mjs', '--config', config];
  const report = await checkFixture([...files, ['tsconfig.json', '{}']], [...command, '--output-type', 'json', '.']);
  const { summary } = report as { summary: { violations: { from: string; rule: { name: string } }[] } };
  violations = summary.violations.map(({ from, rule }) => `${from} ${rule.name}`);
});

test.each(forbidden)('%s may not: %s', (file, _, rule) => {
  expect(violations).toContain(`${file} ${rule}`);
});

test.each(allowed)('%s may: %s', (file) => {
  expect(violations.filter((violation) => violation.startsWith(`${file} `))).toEqual([]);
});
