import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CommandError } from '../../infra/command-line.mjs';
import { BINARY_CACHE } from '../../infra/stack/paths';

/** Thrown if Schemathesis cannot be had; the message says what to do. */
export class NoSchemathesis extends CommandError {
  override readonly name = 'NoSchemathesis';
}

const REQUIREMENTS = path.join(__dirname, 'requirements.txt');

/**
 * The path of Schemathesis, installed as pinned into a virtual environment of Python's that is kept as long as the
 * packages are. Throws a {@link NoSchemathesis}.
 */
export function installed(say: (line: string) => void, { cache = BINARY_CACHE, command = 'python3' } = {}): string {
  const pins = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 12);
  const folder = path.join(cache, `schemathesis-${pins}`);
  const done = path.join(folder, 'installed');
  if (!existsSync(done)) {
    say('installing Schemathesis, once for these packages');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(path.dirname(folder), { recursive: true });
    python(command, ['-m', 'venv', folder]);
    const quiet = ['--quiet', '--no-input', '--disable-pip-version-check'];
    python(path.join(folder, 'bin', 'python'), ['-m', 'pip', 'install', ...quiet, '--requirement', REQUIREMENTS]);
    writeFileSync(done, '');
  }
  return path.join(folder, 'bin', 'st');
}

function python(command: string, args: string[]): void {
  const { error, status, stderr, stdout } = spawnSync(command, args, { encoding: 'utf8' });
  if (error && 'code' in error && error.code === 'ENOENT') {
    throw new NoSchemathesis(
      `${command} is not installed; install Python 3.10 or newer with pip and venv, and run this again`,
    );
  }
  if (error) throw error;
  if (status === 0) return;
  const said = `${stderr}${stdout}`.trim().split('\n').slice(-3).join(' ');
  throw new NoSchemathesis(
    `Schemathesis could not be installed; it needs Python 3.10 or newer with pip and venv: ${said}`,
  );
}

/** Runs Schemathesis, whose words go to the terminal, and returns its exit code. */
export async function run(schemathesis: string, args: readonly string[]): Promise<number> {
  const config = ['--config-file', path.join(__dirname, 'schemathesis.toml')];
  const child = spawn(schemathesis, [...config, 'run', ...args], { stdio: ['ignore', 'inherit', 'inherit'] });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}
