import { spawn } from 'node:child_process';

const bin = (name) => `node_modules/${name}`;

/** The checks of the source alone: name, and the command that Node runs from the project's root. */
export const staticChecks = [
  {
    name: 'types',
    args: [bin('typescript/bin/tsc'), '--incremental', '--tsBuildInfoFile', 'node_modules/.cache/types.tsbuildinfo'],
  },
  { name: 'lint', args: [bin('eslint/bin/eslint.js'), '.', '--max-warnings', '0'] },
  { name: 'format', args: [bin('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.'] },
  { name: 'arrows', args: [bin('dependency-cruiser/bin/dependency-cruise.mjs'), '.'] },
];

/**
 * Runs the checks, two at once, and prints a line for each; the output of a check only where it failed.
 *
 * @returns {Promise<string[]>} the names of the checks that failed
 */
export async function runStaticChecks(checks = staticChecks) {
  const waiting = [...checks];
  const failed = [];
  const work = async () => {
    for (let check = waiting.shift(); check; check = waiting.shift()) {
      const startedMs = performance.now();
      const { exitCode, output } = await runQuietly(check.args);
      const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
      process.stdout.write(`${exitCode === 0 ? '✓' : '✗'} ${check.name} (${seconds} s)\n`);
      if (exitCode === 0) continue;
      failed.push(check.name);
      process.stdout.write(`${output}\n`);
    }
  };
  await Promise.all([work(), work()]);
  return failed;
}

/** @returns {Promise<{ exitCode: number | null, output: string }>} */
function runQuietly(args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => (output += text));
    }
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ exitCode, output }));
  });
}
