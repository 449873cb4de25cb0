/**
 * Counts a Jest run by its JSON report. A suite that could not run, or whose hooks failed though no test did, counts as
 * one failure. Tests that were skipped or left to do are named; in CI each of them is a failure.
 *
 * @param report - what `jest --json` wrote, or undefined where it wrote nothing
 * @param {{ exitCode: number | null, ci: boolean }} run
 * @returns {{ passed: number, failed: number, notes: string[] }}
 */
export function countJest(report, { exitCode, ci }) {
  if (report === undefined) return { passed: 0, failed: 1, notes: ['Jest ended without a report'] };
  const notes = [];
  let failed = report.numFailedTests;
  for (const suite of report.testResults) {
    const broke = suite.status === 'failed' && !suite.assertionResults.some(({ status }) => status === 'failed');
    if (broke) {
      failed += 1;
      notes.push(`could not run: ${suite.name}`);
    }
    for (const test of suite.assertionResults) {
      if (test.status === 'passed' || test.status === 'failed') continue;
      if (ci) failed += 1;
      notes.push(`${ci ? 'failed, because it was ' : ''}not run (${test.status}): ${test.fullName} in ${suite.name}`);
    }
  }
  if (exitCode !== 0 && failed === 0) {
    failed = 1;
    notes.push(report.numTotalTests === 0 ? 'no test was found' : `Jest ended with exit code ${exitCode}`);
  }
  return { passed: report.numPassedTests, failed, notes };
}
