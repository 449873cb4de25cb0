import path from 'node:path';
import { CommandError } from '../command-line.mjs';
import { ensureInstalled } from '../install/install.mjs';

const QUICK = '--quick';

/**
 * The command `npm test`: types, lint, format, arrows and every test; its last line is `N passed, N failed`. Each check
 * counts as one test. Arguments name tests for Jest; then only those run. With `--quick`, only tests that need no stack.
 */
async function main(args) {
  process.chdir(path.resolve(import.meta.dirname, '../..'));
  await ensureInstalled();
  const { runStaticChecks, staticChecks } = await import('./static-checks.mjs');
  const { runJest } = await import('./run-jest.mjs');
  const named = args.filter((arg) => arg !== QUICK);
  if (named.length < args.length) process.env['TEST_TIER'] = 'quick';
  const checks = named.length === 0 ? staticChecks : [];
  if (named.length > 0) process.stdout.write('only the tests named: no types, lint, format and arrows\n');
  const failedChecks = await runStaticChecks(checks);
  const { passed, failed, notes } = await runJest(named, inCi());
  for (const name of failedChecks) notes.push(`failed: ${name}`);
  for (const note of notes) process.stdout.write(`${note}\n`);
  return { passed: passed + checks.length - failedChecks.length, failed: failed + failedChecks.length };
}

const inCi = () => !['', '0', 'false', undefined].includes(process.env['CI']);

const usage = `
usage: npm test [-- [--quick] [<files or options of Jest>]]

Runs types, lint, format, arrows and every test; the last line is "N passed, N failed". With files only those tests:
npm test -- tests/domain, npm test -- tests/stack/start.test.ts -t port

  --quick  leaves out the tests that need a stack
`;

const args = process.argv.slice(2);
if (args.includes('--help') || args.includes('-h')) process.stdout.write(`${usage.trim()}\n`);
else {
  const { passed, failed } = await main(args).catch((error) => {
    const told = error instanceof CommandError ? error.message : (error?.stack ?? String(error));
    process.stdout.write(`the tests could not run: ${told}\n`);
    return { passed: 0, failed: 1 };
  });
  process.exitCode = failed === 0 ? 0 : 1;
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
}
