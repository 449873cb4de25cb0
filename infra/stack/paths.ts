import path from 'node:path';

/** The project's folder, in which every child process runs. */
export const ROOT = path.resolve(__dirname, '../..');

/** Where downloaded binaries are kept: as long as the packages are. */
export const BINARY_CACHE = path.join(ROOT, 'node_modules', '.cache', 'consign');

/**
 * A path as it stands in a child's command line: relative if it lies inside the project, because people end processes
 * by what their command lines contain (`pkill -f worker`) and a clone's folder may be called anything.
 */
export function short(file: string): string {
  const relative = path.relative(ROOT, file);
  return relative.startsWith('..') || path.isAbsolute(relative) ? file : `.${path.sep}${relative}`;
}
