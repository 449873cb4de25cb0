import { createRequire } from 'node:module';
import path from 'node:path';
import { ensureInstalled } from '../infra/install/install.mjs';

/** The command `npm run bench`: plain JavaScript that runs on a fresh clone, installs what is missing and hands over. */
async function main() {
  process.chdir(path.resolve(import.meta.dirname, '..'));
  await ensureInstalled();
  await import('tsx');
  const { bench } = createRequire(import.meta.url)('./bench-command.ts');
  process.exit(await bench(process.argv.slice(2)));
}

main().catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
