import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { countJest } from './jest-outcome.mjs';

/**
 * Runs Jest with its output shown as it comes.
 *
 * @param {string[]} args - other arguments for Jest
 * @param {boolean} ci - whether skipped tests count as failed
 */
export async function runJest(args, ci) {
  const folder = mkdtempSync(path.join(tmpdir(), 'consign-report-'));
  const file = path.join(folder, 'jest.json');
  try {
    const exitCode = await jest(['--json', '--outputFile', file, ...args]);
    const report = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
    return countJest(report, { exitCode, ci });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * Jest and what its tests start write to standard error, so that the last line of standard output stays ours. A signal
 * to us goes on to Jest, whose end then ends us with what is known.
 */
function jest(args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['node_modules/jest/bin/jest.js', ...args], { stdio: ['inherit', 2, 2] });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    child.once('error', reject);
    child.once('close', resolve);
  });
}
