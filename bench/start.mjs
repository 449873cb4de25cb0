import { createRequire } from 'node:module';
import path from 'node:path';
import { ensureInstalled } from '../infra/install/install.mjs';

/** The command `npm run bench`: plain JavaScript that runs on a fresh clone, installs what is missing and hands over. */
process.chdir(path.resolve(import.meta.dirname, '..'));
try {
  await ensureInstalled();
  await import('tsx');
  createRequire(import.meta.url)('./bench-command.ts');
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
