import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const root = path.resolve(__dirname, '../..');

/** An instruction of the Dockerfile, its continued lines joined. */
export interface Instruction {
  name: string;
  text: string;
}

/** The stages of the Dockerfile, each from its FROM on. */
export function stages(): Instruction[][] {
  const lines = readFileSync(path.join(root, 'Dockerfile'), 'utf8')
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const found: Instruction[][] = [];
  for (const line of lines) {
    const [name = '', ...rest] = line.split(' ');
    if (name === 'FROM') found.push([]);
    found.at(-1)?.push({ name, text: rest.join(' ') });
  }
  return found;
}

/** The commands of a stage's RUN instructions. */
export const commandsOf = (stage: Instruction[]): string[] =>
  stage.filter(({ name }) => name === 'RUN').map(({ text }) => text);

/**
 * Does what the Dockerfile's first stage does, in a folder of its own: the files that `.dockerignore` lets through, the
 * packages that `npm ci --omit=dev` would install (copied from here, which needs no network), and its other commands.
 */
export function buildImageFolder(): { folder: string; remove(): void } {
  const folder = mkdtempSync(path.join(tmpdir(), 'consign-image-'));
  copyPackages(folder);
  const { let: included, keep } = dockerignore();
  for (const name of included)
    cpSync(path.join(root, name), path.join(folder, name), { recursive: true, filter: keep });
  const [install, ...others] = commandsOf(stages()[0] ?? []);
  if (!install?.startsWith('npm ci --omit=dev'))
    throw new Error('the Dockerfile installs otherwise than this test does');
  for (const command of others) execFileSync('/bin/sh', ['-c', command], { cwd: folder, stdio: 'pipe' });
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

function dockerignore(): { let: string[]; keep(file: string): boolean } {
  const lines = readFileSync(path.join(root, '.dockerignore'), 'utf8').split('\n');
  const rules = lines.filter((line) => line !== '' && !line.startsWith('#'));
  if (rules[0] !== '*') throw new Error('.dockerignore is not a list of what is let through');
  const included = rules.filter((rule) => rule.startsWith('!')).map((rule) => rule.slice(1));
  const excluded = rules.slice(1).filter((rule) => !rule.startsWith('!'));
  return { let: included, keep: (file) => !excluded.includes(path.relative(root, file)) };
}

/** A package that only development needs is marked so in the lockfile. */
function copyPackages(folder: string): void {
  const lock = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; devOptional?: boolean }>;
  };
  for (const [location, { dev }] of Object.entries(lock.packages)) {
    const source = path.join(root, location);
    if (location === '' || dev === true || !existsSync(source)) continue;
    mkdirSync(path.join(folder, location), { recursive: true });
    cpSync(source, path.join(folder, location), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (file) => file === source || path.basename(file) !== 'node_modules',
    });
  }
}
