import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from './paths';

/** The SDK downloads a server when a test environment first starts one; in a process of its own, that ends with it. */
const START_ONCE = `
const { TestWorkflowEnvironment } = require('@temporalio/testing');
const [kind, downloadDir] = process.argv.slice(1);
const server = { executable: { type: 'cached-download', downloadDir } };
const started = kind === 'cli'
  ? TestWorkflowEnvironment.createLocal({ server })
  : TestWorkflowEnvironment.createTimeSkipping({ server });
started.then((environment) => environment.teardown()).catch((error) => {
  console.error(error.message);
  process.exit(1);
});
`;

/** Has the Temporal SDK download the version that it is made for, and puts the binary at `target`. */
export async function downloadFromSdk(
  kind: 'cli' | 'test-server',
  target: string,
  signal?: AbortSignal,
): Promise<void> {
  mkdirSync(path.dirname(target), { recursive: true });
  const folder = mkdtempSync(path.join(path.dirname(target), '.download-'));
  try {
    await promisify(execFile)(process.execPath, ['-e', START_ONCE, kind, folder], {
      cwd: ROOT,
      timeout: 300_000,
      signal,
    });
    const [binary] = readdirSync(folder);
    if (binary === undefined) throw new Error('the SDK left no file');
    chmodSync(path.join(folder, binary), 0o755);
    renameSync(path.join(folder, binary), target);
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim().split('\n').at(-1);
    throw said === undefined || said === '' ? error : new Error(said, { cause: error });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
