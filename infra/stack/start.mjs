import { createRequire } from 'node:module';
import path from 'node:path';

/** The command `npm start`: plain JavaScript that runs on a fresh clone, installs what is missing and hands over. */
const [major, minor] = process.versions.node.split('.').map(Number);

async function main({ values: { watch } }) {
  process.chdir(path.resolve(import.meta.dirname, '../..'));
  const { ensureInstalled } = await import('../install/install.mjs');
  await ensureInstalled();
  // What `node --import tsx` does: from here on this process can import TypeScript.
  await import('tsx');
  const { launch } = createRequire(import.meta.url)('./launch.ts');
  await launch(process.env, { watching: watch });
}

if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(
    `Consign needs Node 20.19 or newer, and this is ${process.versions.node}: install a newer Node\n`,
  );
  process.exitCode = 1;
} else {
  const { runCommand } = await import('../command-line.mjs');
  const { usage } = await import('./usage.mjs');
  await runCommand({ usage, options: { watch: { type: 'boolean' } } }, main);
}
