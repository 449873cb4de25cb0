import { createRequire } from 'node:module';

/**
 * The entry of the image: `api`, `worker` or `migrate`. The command runs in this very process, which therefore gets the
 * container's signals itself.
 */
const commands = {
  api: { module: '../../api/server.ts', needs: ['DATABASE_URL', 'TEMPORAL_ADDRESS', 'JWT_SECRET'] },
  worker: { module: '../../workers/worker.ts', needs: ['DATABASE_URL', 'TEMPORAL_ADDRESS'] },
  migrate: { module: './migrate.ts', needs: ['DATABASE_URL'] },
};

const [name = ''] = process.argv.slice(2);
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
const missing = command?.needs.filter((variable) => !process.env[variable]?.trim()) ?? [];

if (command === undefined) {
  process.stderr.write(`usage: ${Object.keys(commands).join(' | ')}\n`);
  process.exitCode = 2;
} else if (missing.length > 0) {
  process.stderr.write(`${name} needs ${missing.join(', ')}: set it in the environment\n`);
  process.exitCode = 2;
} else {
  createRequire(import.meta.url)(command.module);
}
