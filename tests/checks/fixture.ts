import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** The project's folder. */
export const ROOT = path.resolve(__dirname, '../..');

/** A file of a project that only a check looks at: its path and its text. */
export type FixtureFile = readonly [file: string, text: string];

/**
 * Writes the files into a folder of their own, runs a checker of ours there that reports as JSON, whatever its exit
 * code, and removes the folder. Rejects where it reports nothing.
 *
 * @param args - the checker's script, relative to the project's folder, and its arguments
 */
export async function checkFixture(files: readonly FixtureFile[], args: readonly string[]): Promise<unknown> {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'consign-fixture-')));
  try {
    for (const [file, text] of files) {
      mkdirSync(path.join(folder, path.dirname(file)), { recursive: true });
      writeFileSync(path.join(folder, file), text);
    }
    const output = await outputOf(folder, args);
    return JSON.parse(output.replaceAll(`${folder}${path.sep}`, ''));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function outputOf(cwd: string, [script = '', ...args]: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const command = [path.join(ROOT, script), ...args];
    execFile(process.execPath, command, { cwd, maxBuffer: 1 << 26 }, (_, stdout, stderr) => {
      if (stdout === '') reject(new Error(`${script} reported nothing: ${stderr}`));
      else resolve(stdout);
    });
  });
}
