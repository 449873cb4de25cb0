import { CommandError, runCommand } from '../command-line.mjs';
import { readConfig } from '../config';
import { databaseUrl } from '../database/address';
import { migrate } from '../database/migrate';
import { errorInWords } from '../errors-without-values';

const usage = `
usage: npm run migrate

Applies the migrations that the configured database (DATABASE_URL, or the stack's in DATA_DIR) does not have yet.
Safe to repeat. Exits 2 if they cannot be applied.
`;

/** The command `npm run migrate`. */
async function main(): Promise<void> {
  const url = databaseUrl(readConfig(process.env), 'owner');
  const applied = await migrate(url).catch((error: unknown) => {
    throw new CommandError(`the migrations could not be applied: ${errorInWords(error)}`, { cause: error });
  });
  process.stdout.write(applied.length === 0 ? 'nothing to migrate\n' : `applied ${applied.join(', ')}\n`);
}

void runCommand({ usage }, main);
