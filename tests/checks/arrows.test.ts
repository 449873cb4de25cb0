import path from 'node:path';
import { checkFixture, ROOT } from './fixture';

/** A file, what it imports, and the rule that this breaks. */
const forbidden = [
  ['workflows/a.ts', `import { x } from '../infra/x';`, 'workflows-know-contracts-and-domain'],
  ['workflows/b.ts', `import { x } from 'node:fs';`, 'workflows-know-contracts-and-domain'],
  ['workflows/c.ts', `import { x } from '../activities/x';`, 'workflows-know-activities-by-type'],
  ['workflows/d.ts', `import { x } from '../contracts/http/x';`, 'workflows-know-http-by-type'],
  ['activities/a.ts', `import { x } from '../adapters/sandbox/x';`, 'activities-know-ports'],
  ['activities/b.ts', `import { x } from '../infra/x';`, 'activities-know-ports'],
  ['domain/a.ts', `import { x } from '../infra/x';`, 'domain-knows-itself'],
  ['domain/b.ts', `import { x } from 'node:fs';`, 'domain-knows-itself'],
  ['domain/c.ts', `import type { x } from '../contracts/x';`, 'domain-knows-itself'],
  ['contracts/a.ts', `import { x } from '../infra/x';`, 'contracts-know-domain-and-schemas'],
  ['contracts/b.ts', `import { x } from 'node:fs';`, 'contracts-know-domain-and-schemas'],
  ['adapters/a.ts', `import type { x } from '../activities/x';`, 'adapters-know-no-caller'],
  ['api/a.ts', `import { x } from '../workers/x';`, 'api-knows-no-saga'],
  ['api/b.ts', `import { x } from '../adapters/ports';`, 'api-knows-no-adapter'],
  ['api/c.ts', `import { x } from '../adapters/sandbox/x';`, 'only-wiring-knows-adapters'],
  ['demo/a.ts', `import { x } from '../adapters/sandbox/x';`, 'only-wiring-knows-adapters'],
  ...[
    'activities',
    'adapters/sandbox',
    'api',
    'books',
    'contracts',
    'domain',
    'workers',
    'workflow-client',
    'workflows',
  ].map(
    (room) =>
      [`infra/of-${room.replace('/', '-')}.ts`, `import { x } from '../${room}/x';`, 'infra-knows-no-product'] as const,
  ),
  ['infra/a.ts', `import { x } from './stack/x';`, 'infra-knows-no-product'],
  ['infra/checks/a.ts', `import type { x } from '../../contracts/x';`, 'infra-knows-no-product'],
  ['infra/deploy/a.ts', `import { x } from '../stack/x';`, 'deployment-knows-contracts-only'],
  ['infra/deploy/b.ts', `import { x } from '../../workers/x';`, 'deployment-knows-contracts-only'],
  ['books/a.ts', `import { x } from '../activities/x';`, 'books-know-no-caller'],
  ['books/b.ts', `import { x } from '../api/x';`, 'books-know-no-caller'],
  ['books/c.ts', `import { x } from '../workflow-client/x';`, 'books-know-no-caller'],
  ['workflow-client/a.ts', `import type { x } from '../workflows/x';`, 'workflow-client-knows-no-saga'],
  ['workflow-client/b.ts', `import { x } from '../books/x';`, 'workflow-client-knows-no-saga'],
  ['workflow-client/c.ts', `import { x } from '../api/x';`, 'workflow-client-knows-no-saga'],
  ['infra/b.ts', `import { x } from '../tests/x';`, 'only-tests-know-tests'],
  ['workers/a.ts', `import { x } from '../bench/x';`, 'only-tests-know-tools'],
  ['infra/c.ts', `import { x } from './c2';`, 'no-cycles'],
  ['infra/d.ts', `import { x } from './missing';`, 'no-unknown-modules'],
] as const;

const allowed = [
  ['workflows/ok.ts', `import type { x } from '../activities/x'; import { x as y } from '../domain/x';`],
  ['workflows/ok-too.ts', `import type { x } from '../contracts/http/x';`],
  ['activities/ok.ts', `import { x } from '../adapters/ports'; import { x as y } from '../infra/database/x';`],
  ['api/server.ts', `import { x } from '../adapters/sandbox/x';`],
  ['workers/ok.ts', `import { x } from '../adapters/sandbox/x'; import { x as y } from '../activities/x';`],
  ['bench/ok.ts', `import { x } from '../adapters/sandbox/x'; import { x as y } from '../activities/x';`],
  ['contracts/ok.ts', `import { x } from '../domain/x';`],
  ['books/ok.ts', `import { x } from '../infra/database/x'; import { x as y } from '../domain/x';`],
  ['workflow-client/ok.ts', `import { x } from '../contracts/x'; import { x as y } from '../infra/x';`],
  ['infra/stack/ok.ts', `import { x } from '../../adapters/sandbox/x'; import { x as y } from '../../workers/x';`],
  ['infra/deploy/ok.ts', `import { x } from '../../contracts/x'; import { x as y } from '../x';`],
] as const;

const leaves = ['infra/x.ts', 'infra/database/x.ts', 'activities/x.ts', 'adapters/sandbox/x.ts', 'adapters/ports.ts']
  .concat(['domain/x.ts', 'contracts/x.ts', 'workers/x.ts', 'workflows/x.ts', 'api/x.ts', 'books/x.ts'])
  .concat(['workflow-client/x.ts', 'infra/stack/x.ts', 'tests/x.ts', 'bench/x.ts', 'contracts/http/x.ts'])
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
