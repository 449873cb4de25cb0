import { createRequire } from 'node:module';
import path from 'node:path';

/**
 * Runs a command that is written in TypeScript: `node infra/run-command.mjs <its file> [arguments]`. Plain JavaScript,
 * so that it can say what to do before the packages are installed.
 */
const ROOT = path.resolve(import.meta.dirname, '..');
const NOT_FOUND = ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'];

process.chdir(ROOT);
const [file] = process.argv.splice(2, 1);
try {
  await import('tsx');
  createRequire(import.meta.url)(path.join(ROOT, file));
} catch (error) {
  if (!NOT_FOUND.includes(error.code)) throw error;
  process.stderr.write(`${missing(error.message)}\n`);
  process.exitCode = 2;
}

/** The generated client is made by `npm start` alone, since npm's own install scripts may be off. */
function missing(message) {
  if (message.includes('/generated/')) return 'the database client is not generated yet: run npm start first';
  const [, name = ''] = /Cannot find (?:package|module) '([^']+)'/.exec(message) ?? [];
  return `the packages are not installed yet (${name} is missing): run npm start first, or npm ci`;
}
