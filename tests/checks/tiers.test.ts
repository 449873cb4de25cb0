import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ROOT } from './fixture';

/** Tests in a copy of what makes the tiers, and what becomes of them in the quick tier. */
const cases = [
  { title: 'needs nothing', outcome: 'passes', text: `test('runs', () => undefined);` },
  {
    title: 'needs a stack through another module',
    outcome: 'is left out',
    text: `import './support/door';\ntest('runs', () => undefined);`,
  },
  {
    title: 'starts the product by itself',
    outcome: 'fails',
    text: `import { spawn } from 'node:child_process';\ntest('runs', () => void spawn('node', ['infra/stack/start.mjs']));`,
  },
  {
    title: 'boots Temporal by itself',
    outcome: 'fails',
    text: `import { TestWorkflowEnvironment as env } from '@temporalio/testing';\ntest('runs', () => env.createLocal());`,
  },
  {
    title: 'reaches for the shared parts without an import',
    outcome: 'fails',
    text: `test('runs', () => require(['./support', 'stack-tier'].join('/')));`,
  },
] as const;

interface Result {
  status: string;
  failureMessages: string[];
}

const results = new Map<string, Result | undefined>();

beforeAll(async () => {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'consign-tiers-')));
  try {
    for (const room of ['infra/checks', 'tests/support']) mkdirSync(path.join(folder, room), { recursive: true });
    for (const file of ['jest.config.js', 'infra/checks/quick-tests.cjs']) {
      copyFileSync(path.join(ROOT, file), path.join(folder, file));
    }
    for (const file of ['stack-tier.ts', 'no-stack.ts']) {
      copyFileSync(path.join(ROOT, 'tests/support', file), path.join(folder, 'tests/support', file));
    }
    symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
    const write = (file: string, text: string) => writeFileSync(path.join(folder, 'tests', file), text);
    for (const hook of ['global-setup', 'global-teardown']) write(`support/${hook}.ts`, 'export default () => {};');
    write('support/door.ts', `import './stack-tier';`);
    for (const { title, text } of cases) write(`${title}.test.ts`, text);
    for (const { name, assertionResults } of await runQuick(folder)) {
      results.set(path.basename(name, '.test.ts'), assertionResults[0]);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 120_000);

function runQuick(cwd: string): Promise<{ name: string; assertionResults: Result[] }[]> {
  const env = { ...process.env, TEST_TIER: 'quick' };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, ['node_modules/jest/bin/jest.js', '--json', '-i'], { cwd, env }, (_, stdout, stderr) => {
      if (stdout === '') reject(new Error(stderr));
      else resolve((JSON.parse(stdout) as { testResults: [] }).testResults);
    });
  });
}

test.each(cases)('in the quick tier, a test that $title $outcome', ({ title, outcome }) => {
  const result = results.get(title);
  const statuses = { passes: 'passed', fails: 'failed', 'is left out': undefined };
  expect(result?.status).toBe(statuses[outcome]);
  if (outcome === 'fails') expect(result?.failureMessages.join()).toContain('import tests/support/stack-tier.ts');
});
