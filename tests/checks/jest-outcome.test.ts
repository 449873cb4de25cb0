import { execFileSync } from 'node:child_process';
import path from 'node:path';

const passed = { status: 'passed', fullName: 'works' };
const failed = { status: 'failed', fullName: 'breaks' };
const skipped = { status: 'pending', fullName: 'waits' };
const todo = { status: 'todo', fullName: 'is owed' };

interface Case {
  title: string;
  suites: { status: string; assertionResults: { status: string; fullName: string }[] }[];
  exitCode: number;
  ci?: boolean;
  expected: [passed: number, failed: number];
}

const cases: Case[] = [
  {
    title: 'passed and failed tests are counted',
    suites: [{ status: 'failed', assertionResults: [passed, passed, failed] }],
    exitCode: 1,
    expected: [2, 1],
  },
  {
    title: 'a suite that could not run is one failure',
    suites: [{ status: 'failed', assertionResults: [] }],
    exitCode: 1,
    expected: [0, 1],
  },
  {
    title: 'a suite whose hook failed is one failure',
    suites: [{ status: 'failed', assertionResults: [passed] }],
    exitCode: 1,
    expected: [1, 1],
  },
  {
    title: 'a skipped test is a failure in CI',
    suites: [{ status: 'passed', assertionResults: [passed, skipped, todo] }],
    exitCode: 0,
    ci: true,
    expected: [1, 2],
  },
  {
    title: 'a skipped test is no failure at a desk',
    suites: [{ status: 'passed', assertionResults: [passed, skipped] }],
    exitCode: 0,
    expected: [1, 0],
  },
  { title: 'no test at all is a failure', suites: [], exitCode: 1, expected: [0, 1] },
];

test('a run without a report is a failure', () => {
  expect(countJest(undefined, { exitCode: 1, ci: true })).toMatchObject({ passed: 0, failed: 1 });
});

test.each(cases)('$title', ({ suites, exitCode, ci = false, expected }) => {
  const all = suites.flatMap(({ assertionResults }) => assertionResults);
  const count = (status: string) => all.filter((each) => each.status === status).length;
  const report = {
    numPassedTests: count('passed'),
    numFailedTests: count('failed'),
    numTotalTests: all.length,
    testResults: suites.map((suite) => ({ name: 'some.test.ts', ...suite })),
  };
  const outcome = countJest(report, { exitCode, ci });
  expect([outcome.passed, outcome.failed]).toEqual(expected);
});

test('a skipped test is named', () => {
  const suite = { name: 'some.test.ts', status: 'passed', assertionResults: [skipped] };
  const report = { numPassedTests: 0, numFailedTests: 0, numTotalTests: 1, testResults: [suite] };
  expect(countJest(report, { exitCode: 0, ci: true }).notes[0]).toContain('waits in some.test.ts');
});

/** The module is plain JavaScript that Node runs before anything is installed, so Node runs it here too. */
function countJest(report: unknown, run: object): { passed: number; failed: number; notes: string[] } {
  const script = `
    import { countJest } from './infra/checks/jest-outcome.mjs';
    const [report, run] = JSON.parse(process.argv[1]);
    console.log(JSON.stringify(countJest(report ?? undefined, run)));`;
  const input = JSON.stringify([report ?? null, run]);
  const cwd = path.resolve(__dirname, '../..');
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script, input], { cwd });
  return JSON.parse(output.toString()) as { passed: number; failed: number; notes: string[] };
}
