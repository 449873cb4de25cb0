import { spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { CommandError } from '../command-line.mjs';
import { alone } from './install-lock.mjs';

const ROOT = path.resolve(import.meta.dirname, '../..');
const LOCK = path.join(ROOT, '.installing');
const LINES_SHOWN = 15;

/**
 * Installs what a clone lacks: the packages, where `node_modules` is not what `package-lock.json` says, and the
 * generated database client, where it is missing or older than its schema. Does nothing, in milliseconds, where nothing
 * is missing; waits for another process that installs in this folder. Throws an Error whose message is one line that
 * says what to do; the failed command's last lines have been printed by then.
 */
export async function ensureInstalled() {
  if (packagesInstalled() && clientGenerated() && !existsSync(LOCK)) return;
  const onWait = (pid) => process.stdout.write(`  … waiting for process ${pid}, which installs the packages here\n`);
  try {
    await alone(LOCK, onWait, install);
  } catch (error) {
    if (error.syscall === undefined) throw error;
    throw new CommandError(
      `the packages cannot be installed in ${ROOT} (${error.message}): make room, or make it writable`,
      {
        exitCode: 1,
        cause: error,
      },
    );
  }
}

async function install(onStart) {
  if (!packagesInstalled()) {
    const flags = ['ci', '--include=dev', '--include=optional', '--ignore-scripts=false', '--no-audit', '--no-fund'];
    await run('installing the packages (npm ci)', ...npm(flags), { env: process.env, onStart });
  }
  if (!clientGenerated()) {
    const command = [path.join('node_modules', 'prisma', 'build', 'index.js'), 'generate'];
    await run('generating the database client', process.execPath, command, { env: generatorEnvironment(), onStart });
  }
}

/** npm notes what it installed in a lockfile of its own; only packages for other platforms may be missing there. */
function packagesInstalled() {
  const wanted = packagesOf('package-lock.json');
  const present = packagesOf('node_modules/.package-lock.json');
  if (wanted === undefined)
    throw new CommandError('package-lock.json is missing or damaged: restore it with git checkout', { exitCode: 1 });
  if (present === undefined) return false;
  return Object.entries(wanted).every(([location, { version, integrity, optional }]) => {
    if (location === '') return true;
    const found = present[location];
    return found === undefined ? optional === true : found.version === version && found.integrity === integrity;
  });
}

function packagesOf(lockfile) {
  try {
    return JSON.parse(readFileSync(path.join(ROOT, lockfile), 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** A client of another version of the packages is as stale as one of another schema. */
function clientGenerated() {
  const changedMs = (file) => statSync(path.join(ROOT, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = ['prisma/schema.prisma', 'node_modules/.package-lock.json'];
  return sources.every((file) => changedMs('infra/database/generated/client.ts') >= changedMs(file));
}

function npm(args) {
  const script = process.env['npm_execpath'];
  return script?.endsWith('npm-cli.js') ? [process.execPath, [script, ...args]] : ['npm', args];
}

/** Generating needs no engine, but looks for one to download unless it is given a file; nor has it use for our settings. */
function generatorEnvironment() {
  const { PATH, HOME, TMPDIR } = process.env;
  return { PATH, HOME, TMPDIR, CHECKPOINT_DISABLE: '1', PRISMA_SCHEMA_ENGINE_BINARY: process.execPath };
}

/** Runs a command of ours quietly; a signal to us ends it too. */
async function run(title, command, args, { env, onStart }) {
  const startedMs = performance.now();
  process.stdout.write(`  … ${title}\n`);
  const child = spawn(command, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
  if (child.pid !== undefined) onStart(child.pid);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const end = () => {
    child.kill();
    process.exit(1);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, end);
  const exitCode = await new Promise((resolve) => {
    child.once('error', (error) => {
      output += error.message;
      resolve(error.code);
    });
    child.once('close', resolve);
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeListener(signal, end);
  if (exitCode !== 0) {
    process.stdout.write(`${output.trimEnd().split('\n').slice(-LINES_SHOWN).join('\n')}\n`);
    throw new CommandError(`${title} failed (${exitCode}): see the lines above, put it right and try again`, {
      exitCode: 1,
    });
  }
  process.stdout.write(`  ✓ ${title}: ${((performance.now() - startedMs) / 1000).toFixed(1)} s\n`);
}
